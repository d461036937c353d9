//! Which calls may start on a node, and what ends those that run.

use core::pin::Pin;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::pulse::millis;
use crate::dispatch::{Place, RunningCount};
use crate::state::Signal;
use crate::wire::{NotStarted, Unknown};

/// How long a chain of calls, each made by the handler of the one before, may become. It turns two
/// modules that call each other for ever into an error.
pub(super) const MAX_DEPTH: u8 = 32;

/// Where a node is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    Running = 0,
    /// The others are being told that it drains. It still takes everything, so that whoever is refused
    /// afterwards has been told before.
    Announcing = 1,
    /// It owns no slots any more, and takes what is addressed to this very node.
    Draining = 2,
    /// It is shut down. It takes what its running handlers need to come to an end, and nothing else.
    Closing = 3,
    /// The time for draining is over. Nothing runs.
    Ended = 4,
    /// It makes no calls any more either, and says goodbye.
    Leaving = 5,
    Stopped = 6,
}

impl Phase {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::Running,
            1 => Self::Announcing,
            2 => Self::Draining,
            3 => Self::Closing,
            4 => Self::Ended,
            5 => Self::Leaving,
            _ => Self::Stopped,
        }
    }
}

/// Why a call has come to this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// For whoever owns its key.
    ForOwner,
    /// For this boot: the call of a pinned shard, or a broadcast's.
    ForBoot,
}

/// The handlers that run, and the rules for more of them.
pub(crate) struct Admission {
    running: RunningCount,
    phase: AtomicU8,
    /// Cancelled when nothing may run any more.
    end: CancellationToken,
    began: Instant,
    /// When another node last used its right to call this boot, in milliseconds since `began` and one more;
    /// 0 for never.
    used: AtomicU64,
}

impl Admission {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            running: RunningCount::new(limit),
            phase: AtomicU8::new(Phase::Running as u8),
            end: CancellationToken::new(),
            began: Instant::now(),
            used: AtomicU64::new(0),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        Phase::of(self.phase.load(Ordering::SeqCst))
    }

    /// Goes on to `phase`, never back. `true`: this call was the one that did it.
    pub(crate) fn set_phase(&self, phase: Phase) -> bool {
        self.phase.fetch_max(phase as u8, Ordering::SeqCst) < phase as u8
    }

    /// How many handlers run.
    pub(crate) fn running(&self) -> usize {
        self.running.count()
    }

    /// Lets a call start here: not when the node's phase forbids it, not deeper than a chain may go, and not
    /// beyond what may run at once.
    ///
    /// A call that a handler makes, directly or around a corner, has a depth above 1. Such calls are the last
    /// to be refused: what runs must be able to end well. Those that follow a key are refused even so, since
    /// the key has another owner by now, who takes them.
    pub(crate) fn admit(&self, depth: u8, meant: Meant) -> Result<Place<'_>, NotStarted> {
        // Counted before the phase is read, and counted again after it was set: whoever waits for the last
        // handler of a phase cannot miss one.
        let place = self.running.enter();
        match (self.phase(), meant) {
            (Phase::Running | Phase::Announcing, _) | (Phase::Draining, Meant::ForBoot) => {}
            (Phase::Closing, Meant::ForBoot) if depth > 1 => {}
            _ => return Err(NotStarted::Draining),
        }
        if depth > MAX_DEPTH {
            return Err(NotStarted::TooDeep);
        }
        match place {
            Some(place) => Ok(place),
            None => Err(NotStarted::Overloaded),
        }
    }

    /// Whether this node may still make calls of others.
    pub(super) fn may_call(&self) -> bool {
        self.phase() < Phase::Leaving
    }

    /// Notes that a call of another node for this boot has come, or has been answered.
    pub(crate) fn note_use(&self, now: Instant) {
        let stamp = millis(now.saturating_duration_since(self.began)).saturating_add(1);
        // Read first: calls of one millisecond write once, not each.
        if self.used.load(Ordering::Relaxed) < stamp {
            self.used.fetch_max(stamp, Ordering::Relaxed);
        }
    }

    /// For how long no other node has called this boot; `None` if none ever has.
    pub(crate) fn unused_for(&self, now: Instant) -> Option<Duration> {
        let millis = self.used.load(Ordering::Relaxed).checked_sub(1)?;
        Some(now.saturating_duration_since(self.began + Duration::from_millis(millis)))
    }

    /// Runs what was admitted to its own end, or to its bounds, or to the node's end.
    pub(crate) fn finish<'a, F: Future>(
        &'a self,
        Bounds { deadline, signal }: Bounds<'a>,
        body: Pin<&'a mut F>,
    ) -> impl Future<Output = Result<F::Output, Unknown>> + use<'a, F> {
        Finish {
            body,
            stopped: self.end.cancelled(),
            given_up: signal.map(Signal::given_up),
            deadline,
            expired: None,
        }
    }

    /// Ends everything that runs.
    pub(crate) fn end(&self) {
        self.end.cancel();
    }
}

/// What ends a handler before its own end, beside the end of the node.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'a> {
    pub(crate) deadline: Option<Instant>,
    /// Set when nobody waits for it any more.
    pub(crate) signal: Option<&'a Signal>,
}

pin_project! {
    /// A call that runs, and all that may end it. By hand, since as an `async fn` it is twice as large, and there is one
    /// of it in each call that waits.
    struct Finish<'a, F, G> {
        body: Pin<&'a mut F>,
        #[pin]
        stopped: WaitForCancellationFuture<'a>,
        #[pin]
        given_up: Option<G>,
        deadline: Option<Instant>,
        // Only for what has to wait: what is ready at once needs no timer, and may run where there are none.
        #[pin]
        expired: Option<Sleep>,
    }
}

impl<F: Future, G: Future<Output = ()>> Future for Finish<'_, F, G> {
    type Output = Result<F::Output, Unknown>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // The body first: what has ended has ended.
        if let Poll::Ready(ended) = this.body.as_mut().poll(cx) {
            return Poll::Ready(Ok(ended));
        }
        if this.stopped.poll(cx).is_ready() {
            return Poll::Ready(Err(Unknown::Stopped));
        }
        if this.given_up.as_pin_mut().is_some_and(|given_up| given_up.poll(cx).is_ready()) {
            return Poll::Ready(Err(Unknown::GivenUp));
        }
        if let Some(deadline) = this.deadline.take() {
            this.expired.set(Some(sleep_until(deadline)));
        }
        if this.expired.as_pin_mut().is_some_and(|expired| expired.poll(cx).is_ready()) {
            return Poll::Ready(Err(Unknown::Deadline));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAINING: Option<NotStarted> = Some(NotStarted::Draining);

    fn refusals(admission: &Admission) -> [Option<NotStarted>; 4] {
        [(1, Meant::ForOwner), (2, Meant::ForOwner), (1, Meant::ForBoot), (2, Meant::ForBoot)]
            .map(|(depth, meant)| admission.admit(depth, meant).err())
    }

    #[test]
    fn each_phase_takes_less() {
        let admission = Admission::new(1);
        let table = [
            (Phase::Running, [None, None, None, None]),
            (Phase::Announcing, [None, None, None, None]),
            (Phase::Draining, [DRAINING, DRAINING, None, None]),
            (Phase::Closing, [DRAINING, DRAINING, DRAINING, None]),
            (Phase::Ended, [DRAINING; 4]),
            (Phase::Leaving, [DRAINING; 4]),
            (Phase::Stopped, [DRAINING; 4]),
        ];
        for (phase, expected) in table {
            admission.set_phase(phase);
            assert_eq!(admission.phase(), phase);
            assert_eq!(refusals(&admission), expected, "{phase:?}");
            assert_eq!(admission.running(), 0, "a refused call leaves its place");
        }
        assert!(!admission.set_phase(Phase::Draining), "there is no way back");
    }

    #[test]
    fn a_chain_may_be_so_long_and_there_are_so_many_places() {
        let admission = Admission::new(1);
        assert_eq!(admission.admit(MAX_DEPTH + 1, Meant::ForBoot).err(), Some(NotStarted::TooDeep));
        let place = admission.admit(MAX_DEPTH, Meant::ForBoot).ok();
        assert!(place.is_some());
        assert_eq!(admission.admit(1, Meant::ForBoot).err(), Some(NotStarted::Overloaded));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_use_is_remembered() {
        let admission = Admission::new(1);
        let start = Instant::now();
        assert_eq!(admission.unused_for(start), None);
        admission.note_use(start);
        admission.note_use(start + Duration::from_secs(5));
        admission.note_use(start + Duration::from_secs(3));
        assert_eq!(admission.unused_for(start + Duration::from_secs(7)), Some(Duration::from_secs(2)));
    }
}
