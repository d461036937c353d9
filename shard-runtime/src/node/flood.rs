//! Frames that lead to nothing: how many of them a link takes.

use core::time::Duration;

use tokio::time::Instant;

/// So many more of them than of those that lead to something.
const MOST: u32 = 100;

/// Pings that come more often than once in this time tell nothing new.
const PINGS: Duration = Duration::from_millis(200);

/// But what was on its way for so long may come at once.
const HELD_UP: Duration = Duration::from_secs(5);

/// What a peer has left of frames that lead to nothing.
///
/// A cancel of what nobody has called, a reply that nobody waits for, an item of no stream: each costs next to nothing,
/// and without end they keep a processor busy for nobody. What comes late because two frames have crossed is none of
/// them: whoever keeps the tables knows what may still come, and how often.
#[derive(Debug)]
pub(super) struct Flood {
    left: u32,
    pings: Ration,
}

/// How often a frame of one kind may come.
#[derive(Debug)]
pub(super) struct Ration {
    every: Duration,
    /// When the next one is due.
    next: Instant,
}

/// The link is to be closed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MOST} frames more that lead to nothing than others")]
pub(super) struct TooMany;

impl Flood {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: MOST, pings: Ration::new(PINGS, now) }
    }

    /// Counts a frame.
    #[inline]
    pub(super) fn note(&mut self, leads_somewhere: bool) -> Result<(), TooMany> {
        if leads_somewhere {
            self.left = (self.left + 1).min(MOST);
            return Ok(());
        }
        self.left = self.left.checked_sub(1).ok_or(TooMany)?;
        Ok(())
    }

    /// Whether a ping that comes now is one to be answered and not one of a flood of them.
    pub(super) fn is_ping_due(&mut self, now: Instant) -> bool {
        self.pings.is_due(now)
    }
}

impl Ration {
    pub(super) fn new(every: Duration, now: Instant) -> Self {
        Self { every, next: now }
    }

    /// Whether one that comes now comes no sooner than it may.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        if self.next > now + HELD_UP {
            return false;
        }
        self.next = self.next.max(now) + self.every;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_more_than_others_are_taken() {
        let mut flood = Flood::new(Instant::now());
        for _ in 0..1_000 {
            assert_eq!((flood.note(false), flood.note(true)), (Ok(()), Ok(())));
        }
        for _ in 0..MOST {
            assert_eq!(flood.note(false), Ok(()));
        }
        assert_eq!(flood.note(false), Err(TooMany));
        assert_eq!((flood.note(true), flood.note(false), flood.note(false)), (Ok(()), Ok(()), Err(TooMany)));
    }

    #[test]
    fn pings_are_due_every_200_ms_and_those_of_5_s_at_once() {
        let now = Instant::now();
        let mut flood = Flood::new(now);
        let burst = (0..1_000).filter(|_| flood.is_ping_due(now)).count();
        assert_eq!(burst, 26);
        let steady = (0..100).filter(|n| flood.is_ping_due(now + 2 * PINGS + *n * PINGS)).count();
        assert_eq!(steady, 100, "as often as may be, in spite of it");
        let hasty = (0..1_000).filter(|n| flood.is_ping_due(now + 105 * PINGS + *n * PINGS / 2)).count();
        assert!((500..530).contains(&hasty), "{hasty}");
    }
}
