//! The answers of a broadcast, as they come.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{BoxStream, FusedStream};
use futures::{FutureExt as _, Stream, StreamExt as _};
use tokio_util::task::AbortOnDropHandle;

use super::ask::Asked;
use super::budget::Budget;
use super::call::{BroadcastCall, Targets};
use crate::call::{CallError, Failure, span};
use crate::dispatch::{Never, panic_text};
use crate::membership::{Boot, NodeName};
use crate::wire::Unknown;

/// Nodes that are called at the same time; the others wait their turn.
pub(super) const FAN_OUT: usize = 64;

type Answer<T, E> = (NodeName, Result<T, CallError<E>>);

/// The answers of a broadcast as they come, each with the name of its node. Made by
/// [`BroadcastCall::stream`].
///
/// It ends when every node that was addressed has answered or failed, each exactly once. Dropping it drops the calls
/// that have not ended. It is no queue: an answer that nobody takes waits where it came in, and no node beyond the
/// 64 that are called at the same time is called before an answer has been taken.
///
/// # Example
///
/// ```
/// # use shard_runtime::sharded_module;
/// # use shard_runtime::testing::Cluster;
/// use futures::StreamExt as _;
///
/// # pub struct Arena;
/// #[sharded_module]
/// impl Arena {
///     pub fn players(&self) -> u32 {
///         3
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = Cluster::of(3, |node| node.module(Arena)).await?;
/// let arenas = cluster.node(0).module::<Arena>().create_broadcast();
///
/// let mut answers = arenas.players().stream();
/// assert_eq!(answers.nodes().len(), 3);
/// let mut sum = 0;
/// while let Some((node, players)) = answers.next().await {
///     println!("{node}: {players:?}");
///     sum += players?;
/// }
/// assert_eq!(sum, 9);
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Answers<T, E = Never> {
    nodes: BTreeSet<NodeName>,
    /// How many of them are still to come.
    left: usize,
    coming: BoxStream<'static, Answer<T, E>>,
}

impl<T: Send + 'static, E: Send + 'static> Answers<T, E> {
    /// For whoever takes each at once, and keeps them all.
    pub(super) fn kept(call: BroadcastCall<T, E>) -> Self {
        Self::new(call, Budget::OF_REPLIES, |asked, _| asked)
    }

    /// For whoever takes them when it pleases, and may keep none. This node's own method then needs a task of its
    /// own: it would stand still while nobody takes an answer, with all that it has locked, and might wait for whoever
    /// is to take it.
    pub(super) fn handed_on(call: BroadcastCall<T, E>) -> Self {
        Self::new(call, usize::MAX, |asked, is_here| if is_here { apart(asked).boxed() } else { asked })
    }

    fn new(call: BroadcastCall<T, E>, budget: usize, placed: fn(Asked<T, E>, bool) -> Asked<T, E>) -> Self {
        let nodes: BTreeSet<_> = call.nodes().cloned().collect();
        let left = nodes.len();
        let coming = async move {
            // Here and not before, so that a broadcast's time runs from when somebody waits for it.
            let state = call.state_now();
            let Targets { boots, here, .. } = call.targets;
            let budget = Arc::new(Budget::new(budget));
            let one = move |(node, boot): (NodeName, Boot)| {
                let asked =
                    Arc::clone(&call.ask).ask((node.clone(), boot), state.clone(), Arc::clone(&budget));
                let named = node.clone();
                let answer = placed(asked, boot == here).map(move |outcome| answer_of(&named, outcome));
                span::within((call.service, call.method), Some(&state), answer).map(|answer| (node, answer))
            };
            futures::stream::iter(boots).map(one).buffer_unordered(FAN_OUT)
        };
        Self { nodes, left, coming: coming.flatten_stream().boxed() }
    }
}

impl<T, E> Answers<T, E> {
    /// The nodes that were addressed, sorted by name; `len()` of it is their number.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &NodeName> {
        self.nodes.iter()
    }
}

impl<T, E> Stream for Answers<T, E> {
    type Item = Answer<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let answer = ready!(self.coming.poll_next_unpin(cx));
        self.left = if answer.is_some() { self.left.saturating_sub(1) } else { 0 };
        Poll::Ready(answer)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T, E> FusedStream for Answers<T, E> {
    fn is_terminated(&self) -> bool {
        self.left == 0
    }
}

impl<T, E> fmt::Debug for Answers<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("nodes", &self.nodes)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

fn answer_of<T, E>(node: &NodeName, outcome: Result<Result<T, E>, Failure>) -> Result<T, CallError<E>> {
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(CallError::Module { error, node: node.clone() }),
        Err(failure) => Err(CallError::from_failure(failure, node)),
    }
}

/// The same in a task of its own, which ends with the future.
async fn apart<T: Send + 'static, E: Send + 'static>(asked: Asked<T, E>) -> Result<Result<T, E>, Failure> {
    let joined = AbortOnDropHandle::new(tokio::spawn(asked)).await;
    joined.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => Err(Failure::Panicked(panic_text(&*panic))),
        // Only a runtime that is shutting down ends a task that somebody waits for.
        Err(_) => Err(Unknown::Stopped.into()),
    })
}
