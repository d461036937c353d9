//! Whether anybody still waits for the end of a call.

use core::ops::Deref;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use tokio::sync::Notify;

use super::State;
use super::spare::{self, Spares};

/// Set once, when the caller gives up. Shared by everybody who has the call's [`State`](super::State).
#[derive(Debug, Default)]
pub(crate) struct Signal {
    given_up: AtomicBool,
    told: Notify,
}

impl Signal {
    /// Nobody waits for the call any more.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
        self.told.notify_waiters();
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Waits until nobody waits any more.
    pub(crate) async fn given_up(&self) {
        loop {
            let told = self.told.notified();
            if self.is_given_up() {
                return;
            }
            told.await;
        }
    }
}

thread_local! {
    static SPARE: Spares<Signal> = const { Spares::new(Vec::new()) };
}

/// A share in a signal; the last one to go leaves it to the next call.
#[derive(Debug, Clone)]
pub(crate) struct SharedSignal(Option<Arc<Signal>>);

impl SharedSignal {
    /// The signal of a new call.
    pub(crate) fn new() -> Self {
        Self(Some(spare::take(&SPARE).unwrap_or_default()))
    }
}

impl Deref for SharedSignal {
    type Target = Signal;

    fn deref(&self) -> &Signal {
        /// What a share points to that has been given back, which nobody can look at.
        static NONE: Signal = Signal { given_up: AtomicBool::new(true), told: Notify::const_new() };
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl Drop for SharedSignal {
    fn drop(&mut self) {
        if let Some(share) = self.0.take() {
            spare::give(&SPARE, share, |signal| *signal.given_up.get_mut() = false);
        }
    }
}

/// Held by whoever waits for a call: when it goes before the call has ended, the call has been given up.
pub(crate) struct Waits {
    call: Waited,
    ended: bool,
}

/// How a call is told that nobody waits for it.
enum Waited {
    /// By its context: a signal is made only if somebody has to be told.
    State(State),
    Signal(SharedSignal),
}

impl Waits {
    pub(crate) fn for_call(state: &State) -> Self {
        Self { call: Waited::State(state.clone()), ended: false }
    }

    /// The same, for whoever waits for long, and is not to hold on to all that a context holds.
    pub(crate) fn for_signal(signal: &SharedSignal) -> Self {
        Self { call: Waited::Signal(signal.clone()), ended: false }
    }

    /// The call has ended by itself.
    pub(crate) fn ended(mut self) {
        self.ended = true;
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        match &self.call {
            Waited::State(state) => state.signal(),
            Waited::Signal(signal) => Some(signal),
        }
        .into_iter()
        .for_each(|signal| signal.give_up());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::Boot;
    use crate::route::Key;
    use crate::state::Entry;
    use crate::state::{Around, Origin};

    fn address(signal: &SharedSignal) -> *const Signal {
        core::ptr::from_ref::<Signal>(signal)
    }

    #[test]
    fn the_last_share_leaves_a_fresh_signal_to_the_next_call() {
        let first = SharedSignal::new();
        let (copy, at) = (first.clone(), address(&first));
        copy.give_up();
        drop(first);
        let second = SharedSignal::new();
        assert_ne!(address(&second), at, "somebody has it still");
        drop(copy);
        let third = SharedSignal::new();
        assert_eq!(address(&third), at);
        assert!(!third.is_given_up() && !second.is_given_up());
    }

    #[tokio::test]
    async fn whoever_goes_too_early_has_given_up() {
        let state = State::new().entering(
            Around::default(),
            Entry {
                key: Key::default(),
                deadline: None,
                timeout: None,
                boot: Boot::new(1),
                span: false,
                home: Arc::new(Origin::new("caller".parse().unwrap(), Arc::new(()))),
            },
        );
        Waits::for_call(&state).ended();
        assert!(!state.is_cancelled());
        let waits = Waits::for_call(&state);
        // A copy that was made before anybody asked for the signal.
        let copy = state.clone().with_actor("alice");
        let waiting = async { copy.cancelled().await };
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(waits);
        waiting.await;
        assert!(state.is_cancelled());
    }
}
