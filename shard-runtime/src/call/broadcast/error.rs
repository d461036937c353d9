//! A broadcast that did not bring enough values.

use core::error::Error;
use core::fmt::{self, Debug, Display};

use super::Replies;
use crate::call::CallError;
use crate::dispatch::Never;

/// Fewer nodes answered with a value than were asked for, by [`all`](super::BroadcastCall::all) or by
/// [`quorum`](super::BroadcastCall::quorum).
///
/// As text it says how many did, and what became of the first node that did not.
///
/// # Example
///
/// ```
/// # use shard_runtime::{State, sharded_module};
/// # use shard_runtime::testing::Cluster;
/// # pub struct Arena;
/// #[sharded_module]
/// impl Arena {
///     pub fn open(&self, state: &State) -> Result<u32, String> {
///         let node = state.node().ok_or("nowhere")?;
///         if node.name() == "node-1" { Err("the arena is full".to_owned()) } else { Ok(3) }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = Cluster::of(3, |node| node.module(Arena)).await?;
/// let arenas = cluster.node(0).module::<Arena>().create_broadcast();
///
/// let error = arenas.open(&State::new()).all().await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "2 of 3 nodes answered with a value, 3 were needed: node `node-1`: the arena is full"
/// );
/// assert_eq!(error.replies.values.len(), 2);
/// assert!(error.replies.errors.contains_key("node-1"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BroadcastError<T, E = Never> {
    /// How many values were asked for.
    pub needed: usize,
    /// What had come when they could not be reached any more.
    pub replies: Replies<T, E>,
}

impl<T, E: Display> Display for BroadcastError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, replies } = self;
        let (nodes, values) = (replies.nodes.len(), replies.values.len());
        let s = |count| if count == 1 { "" } else { "s" };
        let were = if *needed == 1 { "was" } else { "were" };
        write!(f, "{values} of {nodes} node{} answered with a value, {needed} {were} needed", s(nodes))?;
        match replies.errors.iter().next() {
            None => Ok(()),
            // The others name their node themselves.
            Some((node, error @ CallError::Module { .. })) => write!(f, ": node `{node}`: {error}"),
            Some((_, error)) => write!(f, ": {error}"),
        }
    }
}

/// Without the values, so that they need not have a `Debug` for a failed broadcast to be reported.
impl<T, E: Debug> Debug for BroadcastError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastError")
            .field("needed", &self.needed)
            .field("nodes", &self.replies.nodes)
            .field("errors", &self.replies.errors)
            .finish_non_exhaustive()
    }
}

impl<T, E: Debug + Display> Error for BroadcastError<T, E> {}
