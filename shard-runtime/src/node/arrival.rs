//! When a frame came, and how long it may have waited before it was read.

use core::time::Duration;

use tokio::time::Instant;

use crate::call::{LONGEST_CALL, Pulse};

/// When a frame was read, and what of its time was lost by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) at: Instant,
    /// For so long this process may have stood still while the frame waited in the socket.
    pub(super) lost: Duration,
}

impl Arrival {
    /// When a call ends that had `remaining` time as it was written.
    #[inline]
    pub(super) fn deadline(self, remaining: Duration) -> Instant {
        let remaining = remaining.min(LONGEST_CALL);
        self.at + if self.lost.is_zero() { remaining } else { remaining.saturating_sub(self.lost) }
    }
}

/// Tells of each frame of one link how long it may have waited in the socket while this process stood still.
///
/// The time that a call has left is told as it is written. What was read before the socket first ran dry after a
/// stall may have come before that stall or during it: it loses all of it. A socket is dry when a read finds
/// nothing. The runtime may say so without having asked the socket since the last read: so it was dry as of that.
pub(super) struct Arrivals {
    /// The stalls, in all, as of the last moment when nothing can have waited in the socket.
    dry: Duration,
    /// The same as of the last read.
    read: Duration,
    /// Whether the last read found nothing, and this link has waited since.
    waits: bool,
    /// Of the frame that the buffer begins with, if that began to come earlier than the others.
    first: Option<Arrival>,
    /// Of the others.
    others: Arrival,
}

impl Arrivals {
    pub(super) fn new(now: Instant, pulse: &Pulse) -> Self {
        let arrival = Arrival { at: now, lost: Duration::ZERO };
        let stalled = pulse.stalled();
        Self { dry: stalled, read: stalled, waits: false, first: None, others: arrival }
    }

    /// Notes that there was nothing to read.
    pub(super) fn ran_dry(&mut self) {
        self.dry = self.dry.max(self.read);
        self.waits = true;
    }

    /// Notes that something was read. `before` is what had been stalled before that, `now` and `pulse` tell it as
    /// of afterwards. `behind`: there were bytes in the buffer already.
    pub(super) fn came(&mut self, now: Instant, before: Duration, pulse: &Pulse, behind: bool) {
        if self.waits {
            // Whatever had been there would have ended the wait earlier.
            self.dry = self.dry.max(pulse.settled());
            self.waits = false;
        }
        self.read = before;
        let earlier = core::mem::replace(
            &mut self.others,
            Arrival { at: now, lost: pulse.stalled().saturating_sub(self.dry) },
        );
        self.first = if behind { Some(self.first.unwrap_or(earlier)) } else { None };
    }

    /// Of the next frame in the buffer.
    #[inline]
    pub(super) fn next(&mut self) -> Arrival {
        self.first.take().unwrap_or(self.others)
    }

    /// The same of one that is of no interest.
    #[inline]
    pub(super) fn pass(&mut self) {
        self.first = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Link {
        now: Instant,
        pulse: Pulse,
        arrivals: Arrivals,
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    impl Link {
        fn new() -> Self {
            let now = Instant::now();
            let pulse = Pulse::new(now);
            let arrivals = Arrivals::new(now, &pulse);
            Self { now, pulse, arrivals }
        }

        /// The process stands still, which somebody notices.
        fn stall(&mut self, millis: u64) {
            self.now += ms(millis);
            self.pulse.tick(self.now, |_| {});
        }

        fn read(&mut self, behind: bool) {
            let before = self.pulse.stalled();
            self.arrivals.came(self.now, before, &self.pulse, behind);
        }

        fn lost(&mut self) -> Duration {
            self.arrivals.next().lost
        }
    }

    #[test]
    fn what_is_read_before_the_socket_runs_dry_has_aged() {
        let mut link = Link::new();
        link.read(false);
        assert_eq!(link.lost(), ms(0));
        link.arrivals.ran_dry();
        link.stall(1_500);
        for _ in 0..3 {
            link.read(false);
            assert_eq!((link.lost(), link.lost()), (ms(1_500), ms(1_500)));
        }
        link.arrivals.ran_dry();
        link.read(false);
        assert_eq!(link.lost(), ms(0), "this came afterwards");
    }

    #[test]
    fn a_stall_between_a_read_and_the_next_is_not_missed() {
        let mut link = Link::new();
        link.read(false);
        link.stall(700);
        // Without having asked the socket: the runtime has not looked since.
        link.arrivals.ran_dry();
        link.read(false);
        assert_eq!(link.lost(), ms(700));
        link.arrivals.ran_dry();
        link.read(false);
        assert_eq!(link.lost(), ms(0));
    }

    #[test]
    fn a_frame_whose_beginning_had_aged_has_aged() {
        let mut link = Link::new();
        link.arrivals.ran_dry();
        link.stall(400);
        link.read(false);
        assert_eq!(link.lost(), ms(400));
        link.arrivals.ran_dry();
        // The rest of a frame, and a whole one.
        link.read(true);
        assert_eq!((link.lost(), link.lost()), (ms(400), ms(0)));
        // The same if nobody asks how long the first one has waited.
        link.arrivals.ran_dry();
        link.stall(400);
        link.read(false);
        link.arrivals.ran_dry();
        link.read(true);
        link.arrivals.pass();
        assert_eq!(link.lost(), ms(0));
    }

    #[test]
    fn a_link_that_waited_since_the_stall_has_nothing_old() {
        let mut link = Link::new();
        link.arrivals.ran_dry();
        link.stall(400);
        link.pulse.settle(link.pulse.stalled());
        link.read(false);
        assert_eq!(link.lost(), ms(0));
        // One that was busy may have.
        link.stall(300);
        link.pulse.settle(link.pulse.stalled());
        link.read(false);
        assert_eq!(link.lost(), ms(300));
    }

    #[test]
    fn a_deadline_counts_from_the_arrival_less_what_was_lost() {
        let at = Instant::now();
        let arrival = Arrival { at, lost: ms(300) };
        assert_eq!(arrival.deadline(ms(1_000)), at + ms(700));
        assert_eq!(arrival.deadline(ms(200)), at);
        assert_eq!(Arrival { at, lost: ms(0) }.deadline(Duration::MAX), at + LONGEST_CALL);
    }
}
