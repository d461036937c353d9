//! How the other side of a link for liveness behaves.

use core::time::Duration;
use std::sync::Mutex;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::node::flood::{Flood, Ration, TooMany};
use crate::node::inner::lock;

/// Packets that come more often than once in this time are not opened. A node gossips to another five times in a second at
/// most, and its probes, the answers to ours, and what it is asked to pass on are as many again: one that keeps to the
/// protocol sends a tenth of this.
const PACKETS: Duration = Duration::from_millis(10);

/// What one link has carried that led to nothing, and what it may still carry.
#[derive(Debug)]
pub(in crate::node) struct Conduct {
    counts: Mutex<Counts>,
    /// Cancelled when the link is to be closed for what turned out later to be wrong.
    broken: CancellationToken,
}

#[derive(Debug)]
struct Counts {
    flood: Flood,
    packets: Ration,
    /// Pings that have not been answered.
    pings: u64,
}

impl Conduct {
    pub(super) fn new(now: Instant) -> Self {
        let counts = Counts { flood: Flood::new(now), packets: Ration::new(PACKETS, now), pings: 0 };
        Self { counts: Mutex::new(counts), broken: CancellationToken::new() }
    }

    /// Counts a frame.
    pub(super) fn note(&self, leads_somewhere: bool) -> Result<(), TooMany> {
        lock(&self.counts).flood.note(leads_somewhere)
    }

    /// The same of one that was read a while ago: the link ends where it is run.
    pub(super) fn note_later(&self, leads_somewhere: bool) {
        if self.note(leads_somewhere).is_err() {
            self.broken.cancel();
        }
    }

    /// Waits until too many of those frames led to nothing.
    pub(super) async fn broken(&self) -> TooMany {
        self.broken.cancelled().await;
        TooMany
    }

    /// Whether a packet that comes now is to be opened.
    pub(super) fn is_packet_due(&self, now: Instant) -> bool {
        lock(&self.counts).packets.is_due(now)
    }

    /// Whether a ping that comes now is not one of a flood of them.
    pub(super) fn is_ping_due(&self, now: Instant) -> bool {
        lock(&self.counts).flood.is_ping_due(now)
    }

    /// Notes that a ping is about to be written.
    pub(super) fn expect_pong(&self) {
        lock(&self.counts).pings += 1;
    }

    /// Notes a pong. `false`: nobody has asked for it.
    pub(super) fn takes_pong(&self) -> bool {
        let mut counts = lock(&self.counts);
        counts.pings.checked_sub(1).map(|left| counts.pings = left).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_due_every_10_ms_and_those_of_5_s_at_once() {
        let now = Instant::now();
        let conduct = Conduct::new(now);
        let burst = (0..10_000).filter(|_| conduct.is_packet_due(now)).count();
        assert_eq!(burst, 501);
        let steady = (1..=1_000).filter(|n| conduct.is_packet_due(now + *n * PACKETS)).count();
        assert_eq!(steady, 1_000, "as often as may be, in spite of it");
    }

    #[test]
    fn a_pong_is_taken_for_each_ping() {
        let conduct = Conduct::new(Instant::now());
        assert!(!conduct.takes_pong());
        (0..3).for_each(|_| conduct.expect_pong());
        assert_eq!((0..10).filter(|_| conduct.takes_pong()).count(), 3);
    }

    /// All that a node sends in 5 s, and everything that it may have to say at once, twenty times as fast as one does.
    #[test]
    fn what_was_held_up_for_5_s_may_come_at_once() {
        let now = Instant::now();
        let conduct = Conduct::new(now);
        for _ in 0..5 {
            conduct.expect_pong();
            assert!((0..100).all(|_| conduct.is_packet_due(now)));
            assert!(conduct.is_ping_due(now) && conduct.takes_pong());
        }
    }
}
