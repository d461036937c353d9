//! How often calls may be sent again that may have run.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// One in so many calls may be one that is sent again …
const SHARE: u64 = 10;

/// … and so many a second, however few there are.
const A_SECOND: u64 = 10;

/// What is not used is not saved up for longer than that many.
const MOST: u64 = 100;

/// What may be sent to one peer again: a tenth of the calls to it, and ten a second. When a peer ends many calls
/// at once, sending them all again would be the next blow.
pub(crate) struct Budget {
    calls: AtomicU64,
    spent: Mutex<Spent>,
}

struct Spent {
    /// In milli-calls, up to [`MOST`] calls.
    left: u64,
    /// The calls of which the share has been added.
    counted: u64,
    at: Instant,
}

impl Budget {
    pub(crate) fn new(now: Instant) -> Self {
        let spent = Spent { left: A_SECOND * 1000, counted: 0, at: now };
        Self { calls: AtomicU64::new(0), spent: Mutex::new(spent) }
    }

    /// A call has been sent for the first time.
    pub(crate) fn note_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether one more may be sent again now; then it is counted.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = self.calls.load(Ordering::Relaxed);
        let passed = now.saturating_duration_since(spent.at);
        let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let more = passed.saturating_mul(A_SECOND).saturating_add((calls - spent.counted) * (1000 / SHARE));
        spent.left = spent.left.saturating_add(more).min(MOST * 1000);
        spent.counted = calls;
        spent.at = now;
        let may = spent.left >= 1000;
        if may {
            spent.left -= 1000;
        }
        may
    }
}

/// A pause before a call is sent again for the `nth` time, from 1: random, so that those who lost a peer together do
/// not come back together.
pub(super) fn pause(nth: u32) -> Duration {
    /// The longest first one.
    const FIRST: Duration = Duration::from_millis(50);
    /// There is always time for others.
    const LEAST: Duration = Duration::from_millis(5);
    let most = FIRST * 4_u32.pow(nth.clamp(1, 4) - 1);
    // A system without random bytes pauses all the same, in step with others like it.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    LEAST + most.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: &Budget, now: Instant) -> usize {
        core::iter::repeat_with(|| budget.take(now)).take_while(|taken| *taken).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenth_of_the_calls_and_ten_a_second() {
        let start = Instant::now();
        let budget = Budget::new(start);
        assert_eq!(taken(&budget, start), 10);
        for _ in 0..200 {
            budget.note_call();
        }
        assert_eq!(taken(&budget, start), 20);
        assert_eq!(taken(&budget, start + Duration::from_secs(1)), 10);
        assert_eq!(taken(&budget, start + Duration::from_secs(3600)), 100, "it is not saved up for ever");
    }

    #[test]
    fn pauses_grow_and_are_bounded() {
        for (nth, most) in [(1, 55), (2, 205), (7, 3_205)] {
            assert!((5..=most).contains(&pause(nth).as_millis()));
        }
    }
}
