//! Methods that occupy their thread.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use super::line::Line;
use super::method::BlockingMethod;
use super::row::{Inbound, answer, decoded, panic_text};
use crate::wire::{Answer, NotStarted};

/// Runs a method on a thread of the pool, when one is free. Refuses at once if that would last too long.
pub(super) async fn handle_blocking<M: BlockingMethod>(module: Arc<M::Module>, call: Inbound) -> Answer {
    let id = call.id;
    let Some(mut place) = call.line.as_ref().and_then(Line::join) else {
        return Answer::not_started(id, &NotStarted::Overloaded);
    };
    let work = Work(Arc::new(Mutex::new(Some((module, call)))));
    let handed_over = Arc::clone(&work.0);
    let run = move || {
        // Its caller may have gone, or have waited for as long as it can. Then it is nobody's.
        let work = handed_over.lock().unwrap_or_else(PoisonError::into_inner).take();
        match work.filter(|(_, call)| !call.state.is_cancelled()) {
            Some((module, call)) => {
                place.start();
                run::<M>(&module, &call)
            }
            None => Answer::not_started(id, &NotStarted::Expired),
        }
    };
    match tokio::task::spawn_blocking(run).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            // Thrown by the drop of a user's value, after the method has run: all else is caught in there.
            Ok(panic) => Answer::panicked(id, &panic_text(&*panic)),
            // Only a runtime that is shutting down cancels a blocking task, and only before it has begun.
            Err(_) => Answer::not_started(id, &NotStarted::Draining),
        },
    }
}

fn run<M: BlockingMethod>(module: &M::Module, call: &Inbound) -> Answer {
    let args = match decoded::<M>(call) {
        Ok(args) => args,
        Err(reason) => return Answer::not_started(call.id, &reason),
    };
    let _entered = call.span.as_ref().map(|span| span.enter());
    let body = || M::run(module, &call.state, args);
    match catch_unwind(AssertUnwindSafe(|| call.state.clone().scope_blocking(body))) {
        Ok(result) => answer::<M>(call.id, &result, &call.limits),
        Err(panic) => Answer::panicked(call.id, &panic_text(&*panic)),
    }
}

/// What a thread is to do. The pool's queue keeps its place in it until then, but if whoever waits for it goes before
/// it has begun, there is nothing left to do, and what it needed is free at once.
struct Work<T>(Arc<Mutex<Option<T>>>);

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(left);
    }
}
