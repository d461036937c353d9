//! A stream that this node gives, from its opening to its end.

use core::any::Any;
use core::future::poll_fn;
use core::panic::AssertUnwindSafe;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::admission::Bounds;
use super::door::Door;
use super::inflow::Inflow;
use super::window::Window;
use crate::dispatch::{Egress, Running, panic_text};
use crate::state::Signal;
use crate::wire::{Answer, Body, Reply, Unknown};

/// Runs a method that gives a stream: until `deadline` if it does not come to a stream by then, else to the
/// stream's end or until its reader gives up. What comes back is the stream's end; or the answer of the call, if
/// the stream was not opened.
///
/// In a box: a task runs either this or an ordinary method, and those are many.
pub(crate) fn to_its_end<'a>(
    door: &'a Door,
    call: (u64, Instant),
    signal: &'a Signal,
    egress: &'a dyn Egress,
    running: &'a mut Running,
) -> BoxFuture<'a, Answer> {
    Box::pin(runs_to_its_end(door, call, signal, egress, running))
}

async fn runs_to_its_end(
    door: &Door,
    (id, deadline): (u64, Instant),
    signal: &Signal,
    egress: &dyn Egress,
    running: &mut Running,
) -> Answer {
    let mut running = pin!(AssertUnwindSafe(running).catch_unwind());
    let opening = poll_fn(|cx| match running.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if egress.is_open() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    let bounds = Bounds { deadline: Some(deadline), signal: Some(signal) };
    let ended = match door.admission.finish(bounds, pin!(opening)).await {
        Ok(Some(ended)) => Ok(ended),
        Ok(None) => {
            let bounds = Bounds { deadline: None, signal: Some(signal) };
            door.admission.finish(bounds, running).await
        }
        Err(reason) => Err(reason),
    };
    // A stream has no deadline that would tell what it has begun elsewhere.
    signal.give_up();
    answer_of(id, ended)
}

/// What is told of a method that has come to its end, thrown, or was ended.
pub(crate) fn answer_of(id: u64, ended: Result<Result<Answer, Thrown>, Unknown>) -> Answer {
    match ended {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => Answer::panicked(id, &panic_text(&*panic)),
        Err(reason) => Answer::unknown(id, &reason),
    }
}

type Thrown = Box<dyn Any + Send>;

/// A stream whose reader is in this process.
pub(super) struct Inside {
    flow: Arc<Inflow>,
    window: Arc<Window>,
    open: AtomicBool,
    /// Who waits for the opening.
    caller: Mutex<Option<oneshot::Sender<Body>>>,
}

impl Inside {
    pub(super) fn new(flow: Arc<Inflow>, window: Arc<Window>, caller: oneshot::Sender<Body>) -> Self {
        Self { flow, window, open: AtomicBool::new(false), caller: Mutex::new(Some(caller)) }
    }

    /// Tells the caller, or the reader, how it ended.
    pub(super) fn ended(&self, answer: Answer) {
        if self.is_open() {
            self.flow.end_as_told(&answer.into_body());
        } else {
            self.answer(answer);
        }
    }

    fn answer(&self, answer: Answer) {
        let caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(caller) = caller {
            // If nobody waits any more, the stream is given up as well.
            let _ = caller.send(answer.into_body());
        }
    }
}

impl Egress for Inside {
    fn open(&self) {
        self.open.store(true, Ordering::Release);
        self.answer(Answer::of(0, &Reply::Value(&[])));
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<usize> {
        self.window.poll(cx)
    }

    fn send(&self, bytes: &[u8]) {
        self.window.take(bytes.len());
        // These are our own items, no longer than there was room for.
        let _ = self.flow.push(bytes);
    }
}
