//! What processes have used, as Linux tells it of each of their threads: in nanoseconds, where `getrusage` may count in
//! ticks, and of the other process as well.

use std::fs;
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    /// Voluntary and involuntary.
    pub(crate) switches: f64,
}

impl Usage {
    /// Of all together, up to now; `None` where there is no such thing.
    pub(crate) fn of(processes: &[u32]) -> Option<Self> {
        let mut sum = Self::default();
        for process in processes {
            for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
                // A thread may end meanwhile. None that calls or answers does.
                if let Some(Self { cpu, switches }) = Self::of_thread(&thread.ok()?.path()) {
                    sum.cpu += cpu;
                    sum.switches += switches;
                }
            }
        }
        (sum.cpu > Duration::ZERO).then_some(sum)
    }

    fn of_thread(thread: &Path) -> Option<Self> {
        let times = fs::read_to_string(thread.join("schedstat")).ok()?;
        let cpu = Duration::from_nanos(times.split_whitespace().next()?.parse().ok()?);
        let status = fs::read_to_string(thread.join("status")).ok()?;
        let counts = status.lines().filter_map(|line| line.split_once("_ctxt_switches:"));
        let switches = counts.filter_map(|(_, count)| count.trim().parse::<f64>().ok()).sum();
        Some(Self { cpu, switches })
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), switches: self.switches - before.switches }
    }
}
