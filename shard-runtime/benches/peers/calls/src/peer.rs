//! Whoever can be called.

use std::future::Future;

use bytes::Bytes;

use crate::Outcome;
use crate::work::{Input, Output};

/// A connection to the server, which any number of tasks share.
pub(crate) trait Peer: Clone + Send + Sync + 'static {
    fn step(&self, input: Input) -> impl Future<Output = Outcome<Output>> + Send;

    /// How many bytes came back.
    fn echo(&self, bytes: &Bytes) -> impl Future<Output = Outcome<usize>> + Send;
}

/// Where tarpc's handlers run.
#[derive(Clone, Copy)]
pub(crate) enum Handlers {
    /// Each in a task of its own, as its documentation shows.
    InTasks,
    /// All in the task of their connection.
    InLine,
}
