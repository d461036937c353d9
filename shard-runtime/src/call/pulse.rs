//! Whether this process has stood still, told by a clock that others keep.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// A gap as long as this may have made others take the node for dead: it fences itself.
const GAP: Duration = Duration::from_millis(2_500);

/// A gap as long as this, two ticks, is no mere lateness: what waited in the sockets meanwhile has aged.
const STALL: Duration = Duration::from_millis(STALL_MILLIS);
const STALL_MILLIS: u64 = 200;

/// A node whose workers have not run for this long is drained, and comes back under another boot.
const WORKERS: Duration = Duration::from_secs(10);

/// What stood still for so long that the node must become another boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standstill {
    /// The whole process: it was stopped, or its machine was.
    Process(Duration),
    /// The threads that run the program's tasks: something blocks them all.
    Workers(Duration),
}

/// When a tick came last, and for how long none came that should have.
///
/// A tick every 100 ms and every dispatch compare the clock with the last tick, so that whatever runs first
/// after a pause of the whole process (`SIGSTOP`, a virtual machine that was moved) is the one that notices.
pub(crate) struct Pulse {
    epoch: Instant,
    /// The last tick, in milliseconds since the epoch.
    beat: AtomicU64,
    /// The same of the workers' own clockwork.
    workers: AtomicU64,
    /// The milliseconds of all stalls.
    stalled: AtomicU64,
    /// What that was when every socket had been looked into since.
    settled: AtomicU64,
    /// Held while a gap is dealt with: whoever notices it second waits until that has been done.
    recovering: Mutex<()>,
}

impl Pulse {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            beat: AtomicU64::new(0),
            workers: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            recovering: Mutex::new(()),
        }
    }

    /// The regular tick. As [`check`](Self::check), and the next gap is counted from here.
    pub(crate) fn tick(&self, now: Instant, fence: impl FnOnce(Standstill)) {
        self.check(now, fence);
        self.beat.fetch_max(self.millis(now), Ordering::AcqRel);
    }

    /// To be asked before anything starts. Of all that ask after a gap of 2.5 s or more exactly one runs
    /// `fence`, and the others come back when it has.
    #[inline]
    pub(crate) fn check(&self, now: Instant, fence: impl FnOnce(Standstill)) {
        if self.millis(now).saturating_sub(self.beat.load(Ordering::Acquire)) >= STALL_MILLIS {
            self.recover(now, false, fence);
        }
    }

    /// The same, asked by a worker: that it asks shows that the workers run.
    #[inline]
    pub(crate) fn check_on_worker(&self, now: Instant, fence: impl FnOnce(Standstill)) {
        // Both told from one difference, since this is asked for every call.
        let millis = self.millis(now);
        let stalled = |then: &AtomicU64| millis.saturating_sub(then.load(Ordering::Acquire)) >= STALL_MILLIS;
        if stalled(&self.beat) || stalled(&self.workers) {
            self.recover(now, true, fence);
        }
    }

    /// Before then no check finds anything, by whomever it is made: what comes until then only puts it off.
    pub(crate) fn calm_until(&self) -> Instant {
        let beat = self.beat.load(Ordering::Acquire).min(self.workers.load(Ordering::Acquire));
        self.epoch + Duration::from_millis(beat.saturating_add(STALL_MILLIS))
    }

    /// The regular tick of the workers' own clockwork.
    pub(crate) fn tick_of_workers(&self, now: Instant, fence: impl FnOnce(Standstill)) {
        self.check_on_worker(now, fence);
        self.workers.fetch_max(self.millis(now), Ordering::AcqRel);
    }

    #[cold]
    fn recover(&self, now: Instant, on_worker: bool, fence: impl FnOnce(Standstill)) {
        let _recovering = self.lock();
        let gap = self.since(&self.beat, now);
        let process = if gap >= STALL { gap } else { Duration::ZERO };
        // For the time that the whole process stood still the workers are not to blame.
        let idle = self.since(&self.workers, now).saturating_sub(process);
        let workers = if on_worker && idle >= STALL { idle } else { Duration::ZERO };
        if process >= GAP {
            fence(Standstill::Process(process));
        } else if workers >= WORKERS {
            fence(Standstill::Workers(workers));
        }
        self.stalled.fetch_add(millis(process + workers), Ordering::AcqRel);
        // Last: whoever finds these changed relies on the rest.
        self.workers.fetch_add(millis(process + workers), Ordering::AcqRel);
        if !process.is_zero() {
            self.beat.fetch_max(self.millis(now), Ordering::AcqRel);
        }
    }

    /// How long it all has stood still so far. A stall that was shorter than 200 ms does not count.
    pub(crate) fn stalled(&self) -> Duration {
        Duration::from_millis(self.stalled.load(Ordering::Acquire))
    }

    /// Notes that since the process had stood still for `stalled` in all, the runtime has asked every socket
    /// whether there is something to read.
    pub(crate) fn settle(&self, stalled: Duration) {
        self.settled.fetch_max(millis(stalled), Ordering::AcqRel);
    }

    /// What was noted so last.
    pub(crate) fn settled(&self) -> Duration {
        Duration::from_millis(self.settled.load(Ordering::Acquire))
    }

    /// Runs `drain` if the workers have not run for 10 s while the process did. They do not come back, as far
    /// as calls can see, before it has returned.
    pub(crate) fn if_workers_stand_still(&self, now: Instant, drain: impl FnOnce(Duration)) {
        if self.since(&self.workers, now) < WORKERS {
            return;
        }
        let _recovering = self.lock();
        let idle = self.since(&self.workers, now);
        if idle >= WORKERS {
            drain(idle);
        }
    }

    /// How long the workers' clockwork has not run while the process did.
    pub(crate) fn workers_stood_still_for(&self, now: Instant) -> Duration {
        self.since(&self.workers, now)
    }

    fn since(&self, then: &AtomicU64, now: Instant) -> Duration {
        Duration::from_millis(self.millis(now).saturating_sub(then.load(Ordering::Acquire)))
    }

    fn millis(&self, now: Instant) -> u64 {
        millis(now.saturating_duration_since(self.epoch))
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.recovering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In 64 bits, which last for as long: this is asked for every call.
pub(super) fn millis(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000).saturating_add(u64::from(duration.subsec_millis()))
}

#[cfg(test)]
mod tests;
