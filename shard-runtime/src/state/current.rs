use core::future::Future;

use tokio::task::JoinHandle;

use super::{Around, State};

tokio::task_local! {
    static CURRENT: State;
}

impl State {
    /// The context of the call that this task is handling; an empty one outside of any call.
    ///
    /// It is bound to the task: a task that a handler spawns with `tokio::spawn` starts without it, one
    /// spawned with [`State::spawn`] keeps it.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Runs `future` in this context: inside it, [`State::current`] is `self`.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// Spawns `future` as a task of its own that keeps the current context.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as `tokio::spawn` does.
    pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(CURRENT.scope(Self::current(), future))
    }

    /// What the call that this task is handling is for those that it makes.
    #[inline]
    pub(crate) fn around() -> Around {
        CURRENT.try_with(Around::of).unwrap_or_default()
    }

    /// Runs `body` in this context on the current thread.
    pub(crate) fn scope_blocking<T>(self, body: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, body)
    }
}
