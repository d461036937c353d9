//! What a broadcast brought back.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::CallError;
use crate::dispatch::Never;
use crate::membership::NodeName;

/// What a broadcast brought back, by node.
///
/// After awaiting a [`BroadcastCall`](super::BroadcastCall) every node of `nodes` is exactly once in `errors` or in
/// `values`. Where fewer answers were waited for ([`first`](super::BroadcastCall::first), or the error of
/// [`quorum`](super::BroadcastCall::quorum)), a node may be in neither: see [`unanswered`](Self::unanswered).
///
/// # Example
///
/// ```
/// # use shard_runtime::sharded_module;
/// # use shard_runtime::testing::Cluster;
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
/// let cluster = Cluster::of(2, |node| node.module(Arena)).await?;
/// let replies = cluster.node(0).module::<Arena>().create_broadcast().players().await;
/// assert_eq!(replies.nodes.len(), 2);
/// for (node, error) in &replies.errors {
///     eprintln!("{node} is left out: {error}");
/// }
/// assert_eq!(replies.values.values().sum::<u32>(), 6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replies<T, E = Never> {
    /// The nodes that were addressed.
    pub nodes: BTreeSet<NodeName>,
    /// The nodes from which no value came, and why.
    pub errors: BTreeMap<NodeName, CallError<E>>,
    /// The nodes that answered with a value.
    pub values: BTreeMap<NodeName, T>,
}

impl<T, E> Replies<T, E> {
    /// Those of a broadcast of which nothing has come yet.
    pub(super) fn of<'a>(nodes: impl Iterator<Item = &'a NodeName>) -> Self {
        Self { nodes: nodes.cloned().collect(), errors: BTreeMap::new(), values: BTreeMap::new() }
    }

    /// Errors by node and values by node, in this order, as the ancestor gave them.
    pub fn into_parts(self) -> (BTreeMap<NodeName, CallError<E>>, BTreeMap<NodeName, T>) {
        (self.errors, self.values)
    }

    /// How many nodes were addressed.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nobody was addressed: no node hosts the module, or none of those has the role.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes that were addressed and whose answers were not waited for, sorted by name. The method may have run
    /// there, wholly or partly.
    pub fn unanswered(&self) -> impl Iterator<Item = &NodeName> {
        self.nodes.iter().filter(|node| !self.values.contains_key(*node) && !self.errors.contains_key(*node))
    }

    /// How many values there may be in the end.
    pub(super) fn hoped_for(&self) -> usize {
        self.nodes.len().saturating_sub(self.errors.len())
    }

    pub(super) fn insert(&mut self, node: NodeName, answer: Result<T, CallError<E>>) {
        match answer {
            Ok(value) => drop(self.values.insert(node, value)),
            Err(error) => drop(self.errors.insert(node, error)),
        }
    }
}
