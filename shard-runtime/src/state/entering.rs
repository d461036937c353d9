use core::time::Duration;
use std::sync::OnceLock;

use tokio::time::Instant;

use super::state::{Around, earlier};
use super::{Entry, State, TraceContext};

/// The context of a call that is about to be made. What a callee elsewhere is told is known at once; the [`State`] that
/// a handler sees is made when somebody wants to see it, which for most calls is nobody on this node.
pub struct Entering {
    outer: State,
    at: Instant,
    deadline: Instant,
    timeout: Duration,
    depth: u8,
    made: OnceLock<State>,
}

/// What a callee is told of a call's context.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) depth: u8,
    pub(crate) key: &'a [u8],
    pub(crate) actor: Option<&'a str>,
    pub(crate) data: Option<&'a [u8]>,
    pub(crate) trace: Option<&'a TraceContext>,
}

impl Entering {
    /// A call in `outer`, as of now, that may take so long. `entry` is asked for the rest only when it is needed: at
    /// once if the call is a part of a trace, or is to be one.
    pub(crate) fn new(
        outer: &State,
        (at, timeout, span): (Instant, Duration, bool),
        entry: impl FnOnce(Instant) -> Entry,
    ) -> Self {
        let around = State::around();
        let traced = span || around.trace.is_some() || outer.trace().is_some();
        let deadline = earlier(outer.deadline(), around.deadline);
        let depth = outer.depth().max(around.depth);
        let deadline = ending(deadline, at + timeout);
        let made = if traced { in_trace(outer, around, entry(deadline)) } else { OnceLock::new() };
        Self { outer: outer.clone(), at, deadline, timeout, depth: depth.saturating_add(1), made }
    }

    /// The same in the context of the call that this task is handling.
    pub(crate) fn current(
        (at, timeout, span): (Instant, Duration, bool),
        entry: impl FnOnce(Instant) -> Entry,
    ) -> Self {
        let outer = State::current();
        let deadline = ending(outer.deadline(), at + timeout);
        let traced = span || outer.trace().is_some();
        let made =
            if traced { in_trace(&outer, Around::of(&outer), entry(deadline)) } else { OnceLock::new() };
        let depth = outer.depth().saturating_add(1);
        Self { outer, at, deadline, timeout, depth, made }
    }

    /// The context as a handler sees it.
    pub(crate) fn state(&self, entry: impl FnOnce(Instant) -> Entry) -> &State {
        self.made.get_or_init(|| self.untraced(entry))
    }

    /// The same, for a handler that will have ended before anybody asks again.
    #[inline]
    pub(crate) fn state_for_once(&self, entry: impl FnOnce(Instant) -> Entry) -> State {
        self.made.get().cloned().unwrap_or_else(|| self.untraced(entry))
    }

    #[inline]
    fn untraced(&self, entry: impl FnOnce(Instant) -> Entry) -> State {
        // In a trace it would be there already.
        self.outer.entering_untraced(entry(self.deadline), self.depth)
    }

    /// When the call was made.
    #[inline]
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    #[inline]
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How many calls led to it, and itself.
    #[inline]
    pub(crate) fn depth(&self) -> u8 {
        self.depth
    }

    #[inline]
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What a callee is told, of a call that goes through the shard of a key.
    #[inline]
    pub(crate) fn told<'a>(&'a self, key: &'a [u8]) -> Told<'a> {
        Told {
            depth: self.depth,
            key,
            actor: self.outer.actor(),
            data: self.outer.raw_data(),
            trace: self.made.get().and_then(State::trace),
        }
    }

    /// The context, if it is a part of a trace.
    #[inline]
    pub(crate) fn traced(&self) -> Option<&State> {
        self.made.get().filter(|state| state.trace().is_some())
    }
}

/// When a call ends that has its own time, and may last no longer than those around it.
#[inline]
fn ending(around: Option<Instant>, own: Instant) -> Instant {
    around.map_or(own, |around| around.min(own))
}

/// The context of a call that is a part of a trace: it is needed at once.
#[cold]
fn in_trace(outer: &State, around: Around, entry: Entry) -> OnceLock<State> {
    outer.entering(around, entry).into()
}

impl State {
    /// What a callee is told of this context, which a proxy has entered.
    pub(crate) fn told(&self) -> Told<'_> {
        Told {
            depth: self.depth(),
            key: self.key().wire(),
            actor: self.actor(),
            data: self.raw_data(),
            trace: self.trace(),
        }
    }
}
