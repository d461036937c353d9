//! Frames that lead to nothing: how many of them a link takes.

use core::time::Duration;

use tokio::time::Instant;

/// So many more of them than of those that lead to something.
const MOST: u32 = 100;

/// A ping that comes sooner after the one before tells nothing new.
const PINGS: Duration = Duration::from_millis(200);

/// What a peer has left of frames that lead to nothing.
///
/// A cancel of what nobody has called, a reply that nobody waits for, an item of no stream: each costs next to nothing,
/// and without end they keep a processor busy for nobody. What comes late because two frames have crossed is none of
/// them: whoever keeps the tables knows what may still come, and how often.
#[derive(Debug)]
pub(super) struct Flood {
    left: u32,
    pinged: Option<Instant>,
}

/// The link is to be closed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MOST} frames more that lead to nothing than others")]
pub(super) struct TooMany;

impl Flood {
    pub(super) fn new() -> Self {
        Self { left: MOST, pinged: None }
    }

    /// Counts a frame.
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
        let due = self.pinged.is_none_or(|before| now.saturating_duration_since(before) >= PINGS);
        self.pinged = Some(now);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_more_than_others_are_taken() {
        let mut flood = Flood::new();
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
    fn a_ping_is_due_200_ms_after_the_one_before() {
        let (mut flood, now) = (Flood::new(), Instant::now());
        let after = |millis| now + Duration::from_millis(millis);
        let due = [0, 199, 399, 598].map(|millis| flood.is_ping_due(after(millis)));
        assert_eq!(due, [true, false, true, false]);
    }
}
