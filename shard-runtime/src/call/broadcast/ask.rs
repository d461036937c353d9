//! How one node of a broadcast is called: all that the others in here know of it.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::budget::Budget;
use crate::call::Failure;
use crate::membership::{Boot, NodeName};
use crate::state::State;

/// One node's outcome, on its way.
pub(super) type Asked<T, E> = BoxFuture<'static, Result<Result<T, E>, Failure>>;

/// A prepared call that can be made on any node.
pub(super) trait Ask<T, E>: Send + Sync {
    /// Calls one boot in `state`, which says until when. Nothing happens before the future is polled, and it ends
    /// no later than at that deadline. Bytes that are kept as an answer are taken from `budget` before they are
    /// decoded.
    fn ask(self: Arc<Self>, to: (NodeName, Boot), state: State, budget: Arc<Budget>) -> Asked<T, E>;
}
