use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::waiting::Waiting;

/// The calls of a node that wait to start.
#[derive(Default)]
pub(crate) struct Line(Mutex<Waiting>);

impl Line {
    /// A place for a call that needs a thread, if it is worth waiting for.
    pub(super) fn join(self: &Arc<Self>) -> Option<Place> {
        self.lock().join(Instant::now()).then(|| Place { line: Arc::clone(self), started: false })
    }

    /// A place for a call that has to wait for something else before it may start, if there is one.
    pub(crate) fn hold(self: &Arc<Self>) -> Option<Held> {
        self.lock().hold().then(|| Held(Arc::clone(self)))
    }

    /// How many calls wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a call that needs a thread, from its arrival to its end.
pub(super) struct Place {
    line: Arc<Line>,
    started: bool,
}

impl Place {
    /// A thread has come to it.
    pub(super) fn start(&mut self) {
        self.started = true;
        self.line.lock().start(Instant::now());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.line.lock();
        if self.started { waiting.end() } else { waiting.leave(Instant::now()) }
    }
}

/// The place of a call that waits for something else.
pub(crate) struct Held(Arc<Line>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().release();
    }
}
