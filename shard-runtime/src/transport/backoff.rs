//! How long to wait before dialling a peer again.

use std::time::Duration;

const FROM: Duration = Duration::from_millis(500);
const TO: Duration = Duration::from_secs(5);
/// A link that lived this long was a working one, so its end is news and not the next failure in a row.
const HEALTHY: Duration = Duration::from_secs(10);

/// The pauses between attempts: none before the first, then at random up to a ceiling that grows by 1.6 each time.
///
/// The whole pause is random ("full jitter", AWS Architecture Blog, 2015): when many nodes lose one peer at the same
/// moment, they do not come back at the same moment.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    from: Duration,
    to: Duration,
    /// The next pause's ceiling; `None` before the first attempt.
    ceiling: Option<Duration>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(FROM, TO)
    }
}

impl Backoff {
    /// The first pause is shorter than `from`, and none is longer than `to`.
    pub(crate) fn new(from: Duration, to: Duration) -> Self {
        Self { from: from.min(to), to, ceiling: None }
    }

    /// How long to wait before the next attempt; `random` is uniform over all of `u64`.
    pub(crate) fn next(&mut self, random: u64) -> Duration {
        let Some(ceiling) = self.ceiling else {
            self.ceiling = Some(self.from);
            return Duration::ZERO;
        };
        self.ceiling = Some((ceiling.saturating_mul(8) / 5).min(self.to));
        let ceiling = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        // The high half of ceiling × random is uniform over 0..ceiling.
        let scaled = (u128::from(ceiling) * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// A link has ended that was up for `up`. After a healthy time the next attempt is the first again.
    pub(crate) fn healthy_for(&mut self, up: Duration) {
        if up >= HEALTHY {
            self.ceiling = None;
        }
    }
}

/// A random number for the pauses of whoever shares nothing with others but the moment.
pub(crate) fn jitter() -> u64 {
    // A system without random bytes still dials, in step with others like it.
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(backoff: &mut Backoff) -> u128 {
        // The largest random number gives the ceiling, less a nanosecond.
        (backoff.next(u64::MAX) + Duration::from_nanos(1)).as_millis()
    }

    #[test]
    fn tries_at_once_then_up_to_500_ms_growing_by_1_6_to_5_s() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(u64::MAX), Duration::ZERO);
        let ceilings: Vec<u128> = (0..8).map(|_| longest(&mut backoff)).collect();
        assert_eq!(ceilings, [500, 800, 1280, 2048, 3276, 5000, 5000, 5000]);
    }

    #[test]
    fn the_whole_pause_is_random() {
        let mut backoff = Backoff::default();
        backoff.next(0);
        assert_eq!(backoff.next(0), Duration::ZERO);
        assert_eq!(backoff.next(u64::MAX / 2).as_millis(), 399);
    }

    #[test]
    fn starts_again_only_after_ten_healthy_seconds() {
        let mut backoff = Backoff::default();
        backoff.next(0);
        backoff.next(0);
        backoff.healthy_for(Duration::from_millis(9_999));
        assert_eq!(longest(&mut backoff), 800);
        backoff.healthy_for(Duration::from_secs(10));
        assert_eq!(backoff.next(u64::MAX), Duration::ZERO);
        assert_eq!(longest(&mut backoff), 500);
    }

    #[test]
    fn never_overflows() {
        let mut backoff = Backoff::new(Duration::from_secs(3600), Duration::from_secs(u64::MAX / 1_000));
        for _ in 0..500 {
            backoff.next(u64::MAX);
        }
    }
}
