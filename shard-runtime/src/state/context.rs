//! What a [`State`](super::State) holds.

use core::ops::Deref;
use core::time::Duration;
use std::sync::{Arc, OnceLock};

use tokio::time::Instant;

use super::signal::SharedSignal;
use super::spare::{self, Spares};
use super::{Data, Home, TraceContext};
use crate::membership::Boot;
use crate::route::Key;

/// The context of a call.
#[derive(Clone)]
pub(crate) struct Context {
    pub(super) actor: Option<Arc<str>>,
    pub(super) key: Key,
    pub(super) data: Option<Arc<Data>>,
    pub(super) deadline: Option<Instant>,
    /// How long the call may take, whatever is left of the time of those around it.
    pub(super) timeout: Option<Duration>,
    pub(super) depth: u8,
    /// The boot under which the caller made the call.
    pub(super) boot: Boot,
    pub(super) signal: CallSignal,
    pub(super) trace: Option<TraceContext>,
    /// The span of the caller's, of which this call's is a part.
    pub(super) parent: Option<[u8; 8]>,
    pub(super) home: Option<Arc<dyn Home>>,
}

/// Whether anybody still waits for the call, if it is the context of one. Hardly anybody asks, and so it is made for
/// whoever is the first.
#[derive(Clone)]
pub(super) enum CallSignal {
    None,
    Call(OnceLock<SharedSignal>),
}

impl CallSignal {
    pub(super) const fn of_call() -> Self {
        Self::Call(OnceLock::new())
    }

    pub(super) fn get(&self) -> Option<&SharedSignal> {
        match self {
            Self::None => None,
            Self::Call(signal) => Some(signal.get_or_init(SharedSignal::new)),
        }
    }

    /// Whether somebody has asked.
    #[inline]
    fn is_made(&self) -> bool {
        matches!(self, Self::Call(signal) if signal.get().is_some())
    }
}

impl Context {
    const EMPTY: Self = Self {
        actor: None,
        key: Key::EMPTY,
        data: None,
        deadline: None,
        timeout: None,
        depth: 0,
        boot: Boot::new(0),
        signal: CallSignal::None,
        trace: None,
        parent: None,
        home: None,
    };

    /// Whether there is more in it than what each call has.
    #[inline]
    fn has_own(&self) -> bool {
        let Self { actor, data, signal, trace, parent, .. } = self;
        actor.is_some() || data.is_some() || signal.is_made() || trace.is_some() || parent.is_some()
    }

    /// By field, since most of them are empty.
    fn empty(&mut self) {
        let Self { actor, key, data, deadline, timeout, depth, boot, signal, trace, parent, home } = self;
        (*actor, *data, *trace, *home) = (None, None, None, None);
        (*key, *signal) = (Key::EMPTY, CallSignal::None);
        (*deadline, *timeout, *parent) = (None, None, None);
        (*depth, *boot) = (0, Boot::new(0));
    }
}

/// The place in the trace that `outer` is the place of, and the span that this is a part of: as a span of its own if
/// there is to be one.
pub(super) fn in_trace(outer: Option<TraceContext>, span: bool) -> (Option<TraceContext>, Option<[u8; 8]>) {
    if !span {
        return (outer, None);
    }
    let parent = outer.as_ref().map(TraceContext::span_id);
    let (span, high, low) = (drawn(), drawn(), drawn());
    let trace = outer.map_or_else(
        || {
            let mut trace = [0; 16];
            trace[..8].copy_from_slice(&high);
            trace[8..].copy_from_slice(&low);
            TraceContext::root(trace, span)
        },
        |outer| outer.child(span),
    );
    (Some(trace), parent)
}

/// Eight random bytes that are not all zero, for an id of a trace.
fn drawn() -> [u8; 8] {
    // Ids are for people who look for something: a system without random bytes gives them a poor one.
    getrandom::u64().unwrap_or(1).max(1).to_le_bytes()
}

thread_local! {
    static SPARE: Spares<Context> = const { Spares::new(Vec::new()) };
}

/// A share in a context; the last one to go leaves its memory to the next call. Without one: the empty context.
#[derive(Clone, Default)]
pub(super) struct SharedContext(Option<Arc<Context>>);

impl SharedContext {
    /// A context in which `fill` has put what is not empty: in place, since most of it is.
    #[inline]
    pub(super) fn filled(fill: impl FnOnce(&mut Context)) -> Self {
        Self::filled_in(&mut Self(None), fill)
    }

    /// The same in the memory that `vacant` has, if it has some. What is in there is what [`leave_to`](Self::leave_to)
    /// leaves.
    #[inline]
    pub(super) fn filled_in(vacant: &mut Self, fill: impl FnOnce(&mut Context)) -> Self {
        let spare = vacant.0.take().or_else(|| spare::take(&SPARE));
        let mut shared = spare.unwrap_or_else(|| Arc::new(Context::EMPTY));
        fill(Arc::make_mut(&mut shared));
        Self(Some(shared))
    }

    /// Leaves the memory to `vacant`, with what the next call of the same link has as well, if nobody else has a share
    /// and there is nothing else in it. This is the last share almost always, and to empty it all costs more.
    #[inline]
    pub(super) fn leave_to(mut self, vacant: &mut Self) {
        if self.0.as_ref().is_some_and(|shared| Arc::strong_count(shared) == 1 && !shared.has_own()) {
            vacant.0 = self.0.take();
        }
    }

    /// The context, to be changed for those alone who have this share.
    pub(super) fn change(&mut self) -> &mut Context {
        // All copies of a call's context have one signal.
        let _ = self.signal.get();
        Arc::make_mut(self.0.get_or_insert_with(|| Arc::new(Context::EMPTY)))
    }
}

impl Deref for SharedContext {
    type Target = Context;

    fn deref(&self) -> &Context {
        static EMPTY: Context = Context::EMPTY;
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl Drop for SharedContext {
    #[inline]
    fn drop(&mut self) {
        if let Some(share) = self.0.take() {
            spare::give(&SPARE, share, Context::empty);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_share_leaves_an_empty_context_to_the_next_call() {
        let held: Arc<str> = Arc::from("alice");
        let first = SharedContext::filled(|context| context.actor = Some(Arc::clone(&held)));
        let at: *const Context = &raw const *first;
        let copy = first.clone();
        drop(first);
        assert_eq!(copy.actor.as_deref(), Some("alice"));
        drop(copy);
        assert_eq!(Arc::strong_count(&held), 1, "what it held has gone");
        let second = SharedContext::filled(|context| context.depth = 3);
        assert_eq!((&raw const *second, second.depth, &second.actor), (at, 3, &None));
    }

    #[test]
    fn what_a_link_keeps_for_its_next_call_holds_nothing_of_the_last_one() {
        let mut vacant = SharedContext::default();
        let plain = SharedContext::filled(|context| context.depth = 3);
        let at: *const Context = &raw const *plain;
        plain.leave_to(&mut vacant);
        assert!(vacant.0.is_some());
        let held: Arc<str> = Arc::from("alice");
        let next = SharedContext::filled_in(&mut vacant, |context| context.actor = Some(Arc::clone(&held)));
        assert_eq!((&raw const *next, vacant.0.is_some()), (at, false));
        next.leave_to(&mut vacant);
        assert_eq!((Arc::strong_count(&held), vacant.0.is_some()), (1, false), "what it held has gone");
        let shared = SharedContext::filled(|context| context.depth = 4);
        shared.clone().leave_to(&mut vacant);
        assert_eq!((vacant.0.is_some(), shared.depth), (false, 4), "somebody has it still");
        let asked = SharedContext::filled(|context| context.signal = CallSignal::of_call());
        assert!(asked.signal.get().is_some());
        asked.leave_to(&mut vacant);
        assert!(vacant.0.is_none(), "whoever waits for the signal waits for that call");
    }

    #[test]
    fn a_change_is_for_whoever_makes_it() {
        let first = SharedContext::filled(|context| context.depth = 1);
        let mut second = first.clone();
        second.change().depth = 2;
        assert_eq!((first.depth, second.depth), (1, 2));
        let mut empty = SharedContext::default();
        empty.change().depth = 3;
        assert_eq!((empty.depth, SharedContext::default().depth), (3, 0));
    }
}
