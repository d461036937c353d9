//! What all fuzz targets share: they are timed.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, clock_gettime};

/// The slowest input so far, in nanoseconds.
static SLOWEST: AtomicU64 = AtomicU64::new(0);

/// From where on an input is worth a line, in nanoseconds.
const WORTH_A_LINE: u64 = 100_000;

/// An input beyond this is kept, in nanoseconds.
const SLOW: u64 = 10_000_000;

/// Runs a target, and prints how long it took, if no input before took so long. An input of more than 10 ms is written to the
/// file that `SLOW_INPUT` names.
pub fn timed(run: impl Fn(&[u8]), input: &[u8]) {
    let mut took = time(&run, input);
    if took < WORTH_A_LINE || took <= SLOWEST.load(Ordering::Relaxed) {
        return;
    }
    // What is made once is not the input's fault.
    took = took.min(time(&run, input));
    if took <= SLOWEST.fetch_max(took, Ordering::Relaxed) {
        return;
    }
    eprintln!("slowest input: {} us", took / 1000);
    if took > SLOW
        && let Some(path) = std::env::var_os("SLOW_INPUT")
    {
        let _ = std::fs::write(path, input);
    }
}

/// By the clock of this thread, which stands still while the machine does something else.
fn time(run: &impl Fn(&[u8]), input: &[u8]) -> u64 {
    let start = now();
    run(input);
    now().saturating_sub(start)
}

fn now() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(now.tv_sec * 1_000_000_000 + now.tv_nsec).unwrap_or_default()
}
