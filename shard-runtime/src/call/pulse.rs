//! Whether this process has stood still, told by a clock that others keep.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// A gap as long as this may have made others take the node for dead: it fences itself.
const GAP: Duration = Duration::from_millis(2_500);

/// A gap as long as this, two ticks, is no mere lateness: what waited in the sockets meanwhile has aged.
const STALL: Duration = Duration::from_millis(200);

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
            recovering: Mutex::new(()),
        }
    }

    /// The regular tick. As [`check`](Self::check), and the next gap is counted from here.
    pub(crate) fn tick(&self, now: Instant, fence: impl FnOnce(Duration)) {
        self.check(now, fence);
        self.beat.fetch_max(self.millis(now), Ordering::AcqRel);
    }

    /// To be asked before anything starts. Of all that ask after a gap of 2.5 s or more exactly one runs
    /// `fence`, with the gap's length, and the others come back when it has.
    #[inline]
    pub(crate) fn check(&self, now: Instant, fence: impl FnOnce(Duration)) {
        if self.late(now) >= STALL {
            self.recover(now, fence);
        }
    }

    #[cold]
    fn recover(&self, now: Instant, fence: impl FnOnce(Duration)) {
        let _recovering = self.recovering.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = self.late(now);
        if gap < STALL {
            return;
        }
        if gap >= GAP {
            fence(gap);
        }
        let gap = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
        self.stalled.fetch_add(gap, Ordering::AcqRel);
        // The workers could not run either, which is not their fault.
        self.workers.fetch_add(gap, Ordering::AcqRel);
        // Last: whoever finds it changed may rely on the rest.
        self.beat.fetch_max(self.millis(now), Ordering::AcqRel);
    }

    /// How long the process has stood still in all, as far as that has been noticed.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the accounting of stalls"))]
    pub(crate) fn stalled(&self) -> Duration {
        Duration::from_millis(self.stalled.load(Ordering::Acquire))
    }

    /// Notes that the workers' clockwork runs.
    pub(crate) fn worked(&self, now: Instant) {
        self.workers.fetch_max(self.millis(now), Ordering::AcqRel);
    }

    /// How long the workers' clockwork has not run while the process did.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the accounting of stalls"))]
    pub(crate) fn workers_stood_still_for(&self, now: Instant) -> Duration {
        self.since(&self.workers, now)
    }

    fn late(&self, now: Instant) -> Duration {
        self.since(&self.beat, now)
    }

    fn since(&self, then: &AtomicU64, now: Instant) -> Duration {
        Duration::from_millis(self.millis(now).saturating_sub(then.load(Ordering::Acquire)))
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.epoch).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn started() -> (Pulse, Instant) {
        let start = Instant::now();
        (Pulse::new(start), start)
    }

    /// The gap with which a check at `now` fences.
    fn fenced(pulse: &Pulse, now: Instant) -> Option<Duration> {
        let mut gap = None;
        pulse.check(now, |found| gap = Some(found));
        gap
    }

    #[test]
    fn regular_ticks_are_no_gap() {
        let (pulse, start) = started();
        for tick in 1..100 {
            pulse.tick(start + tick * ms(100), |gap| panic!("{gap:?}"));
        }
        assert_eq!(fenced(&pulse, start + ms(9_950)), None);
        assert_eq!(pulse.stalled(), ms(0));
    }

    #[test]
    fn a_gap_fences_once_whoever_notices_it() {
        for by_tick in [false, true] {
            let (pulse, start) = started();
            pulse.tick(start + ms(100), |gap| panic!("{gap:?}"));
            assert_eq!(fenced(&pulse, start + ms(200)), None);
            let woken = start + ms(2_600);
            if by_tick {
                let mut gap = None;
                pulse.tick(woken, |found| gap = Some(found));
                assert_eq!(gap, Some(ms(2_500)));
            } else {
                assert_eq!(fenced(&pulse, woken), Some(ms(2_500)));
            }
            assert_eq!(fenced(&pulse, woken + ms(1)), None);
            pulse.tick(woken + ms(2), |gap| panic!("{gap:?}"));
            assert_eq!(pulse.stalled(), ms(2_500));
            assert_eq!(fenced(&pulse, woken + ms(2_502)), Some(ms(2_500)), "the next gap is another one");
        }
    }

    #[test]
    fn a_shorter_gap_is_counted_and_fences_nobody() {
        let (pulse, start) = started();
        assert_eq!(fenced(&pulse, start + ms(199)), None);
        assert_eq!(pulse.stalled(), ms(0));
        assert_eq!(fenced(&pulse, start + ms(2_499)), None);
        assert_eq!(fenced(&pulse, start + ms(2_500)), None, "noticed and over");
        assert_eq!(pulse.stalled(), ms(2_499));
    }

    #[test]
    fn of_many_that_notice_at_once_one_fences_and_the_others_wait_for_it() {
        let (pulse, start) = started();
        let (fences, done, barrier) = (AtomicUsize::new(0), AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    pulse.check(start + ms(3_000), |_| {
                        fences.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(ms(50));
                        done.fetch_add(1, Ordering::SeqCst);
                    });
                    assert_eq!(done.load(Ordering::SeqCst), 1, "the fence is there before anything starts");
                });
            }
        });
        assert_eq!(fences.into_inner(), 1);
    }

    #[test]
    fn workers_are_not_blamed_for_what_stopped_everybody() {
        let (pulse, start) = started();
        pulse.worked(start + ms(500));
        for tick in 1..=105 {
            pulse.tick(start + tick * ms(100), |gap| panic!("{gap:?}"));
        }
        assert_eq!(pulse.workers_stood_still_for(start + ms(10_500)), ms(10_000));
        pulse.worked(start + ms(10_500));
        assert_eq!(pulse.workers_stood_still_for(start + ms(10_500)), ms(0));
        pulse.tick(start + ms(40_500), |_| {});
        assert_eq!(pulse.workers_stood_still_for(start + ms(40_500)), ms(0));
    }
}
