//! A broadcast before it is made: to whom it goes, for how long, and how many answers are enough.

use core::fmt;
use core::future::IntoFuture;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::Instant;

use super::ask::Ask;
use super::link::Entered;
use super::{Answers, BroadcastError, Replies};
use crate::call::LONGEST_CALL;
use crate::dispatch::Never;
use crate::membership::{Boot, NodeName, View};
use crate::state::State;

/// A broadcast that has been prepared: a call to each of several nodes, made when it is awaited.
///
/// It addresses the nodes that host the module in this node's view at the moment it was prepared, or those of them that
/// have a role. The arguments were encoded then, once for all. At most 64 nodes are called at the same time, the
/// others wait their turn. No node waits for another, there is no order between them, and what has been done on one is
/// not undone because another failed.
///
/// | to have | write | it ends |
/// |---|---|---|
/// | every node's answer, error or value | `call.await` | with the last answer |
/// | a value of every node, or an error | [`call.all().await?`](Self::all) | with the last answer |
/// | values of `n` nodes, or an error | [`call.quorum(n).await?`](Self::quorum) | with the `n`th value, or when that cannot come any more |
/// | the quickest `n` values | [`call.first(n).await`](Self::first) | with the `n`th value, or the last answer |
/// | each answer when it comes | [`call.stream()`](Self::stream) | when you have seen enough |
///
/// What has not ended by then is dropped, as the call of a shard is that nobody waits for any more: on that node the
/// method may have run, wholly, partly or not at all.
///
/// Where all answers are kept until the last one (everywhere but in a stream), they may take 16 MiB together, encoded.
/// One that does not fit any more is its node's error, `Unknown(ReplyTooLarge)`, whose `size` is what all had come to
/// with it.
///
/// # Example
///
/// ```
/// # use core::time::Duration;
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
/// let cluster = Cluster::builder()
///     .node(|node| node.module(Arena))
///     .node(|node| node.module(Arena).role("ranked"))
///     .node(|node| node.module(Arena).role("ranked"))
///     .start()
///     .await?;
/// let arenas = cluster.node(0).module::<Arena>().create_broadcast();
///
/// let replies = arenas.players().await;
/// assert_eq!((replies.values.len(), replies.errors.len()), (3, 0));
///
/// let ranked = arenas.players().only("ranked").timeout(Duration::from_millis(500)).all().await?;
/// assert_eq!(ranked.values().sum::<u32>(), 6);
/// # Ok(())
/// # }
/// ```
#[must_use = "a broadcast does nothing until it is awaited"]
pub struct BroadcastCall<T, E = Never> {
    pub(super) ask: Arc<dyn Ask<T, E>>,
    pub(super) targets: Targets,
    pub(super) service: &'static str,
    pub(super) method: &'static str,
    state: State,
    /// When the context ends in which the broadcast is made.
    outer: Option<Instant>,
    timeout: Duration,
}

/// Who is addressed.
pub(super) struct Targets {
    pub(super) boots: BTreeMap<NodeName, Boot>,
    /// The view that they are from.
    pub(super) view: Arc<View>,
    /// This node's own boot.
    pub(super) here: Boot,
}

impl<T, E> BroadcastCall<T, E> {
    pub(super) fn new(
        (service, method): (&'static str, &'static str),
        ask: Arc<dyn Ask<T, E>>,
        targets: Targets,
        entered: &Entered,
    ) -> Self {
        let Entered { state, outer, timeout } = entered;
        Self { ask, targets, service, method, state: state.clone(), outer: *outer, timeout: *timeout }
    }

    /// Addresses those nodes only that have `role`, in the view that the broadcast was prepared in. Said twice, they
    /// must have both. Is there none, nobody is called.
    ///
    /// # Example
    ///
    /// ```
    /// # use shard_runtime::sharded_module;
    /// # use shard_runtime::testing::Cluster;
    /// # pub struct Arena;
    /// # #[sharded_module]
    /// # impl Arena {
    /// #     pub fn players(&self) -> u32 {
    /// #         3
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cluster = Cluster::builder()
    /// #     .node(|node| node.module(Arena))
    /// #     .node(|node| node.module(Arena).role("ranked"))
    /// #     .start()
    /// #     .await?;
    /// # let arenas = cluster.node(0).module::<Arena>().create_broadcast();
    /// let replies = arenas.players().only("ranked").await;
    /// assert_eq!(replies.nodes.iter().map(|node| node.as_str()).collect::<Vec<_>>(), ["node-1"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn only(mut self, role: &str) -> Self {
        let Targets { boots, view, .. } = &mut self.targets;
        let has_it = |node: &NodeName| {
            view.get(node.as_str()).is_some_and(|member| member.roles.iter().any(|has| **has == *role))
        };
        boots.retain(|node, _| has_it(node));
        self
    }

    /// Gives the broadcast so much time instead of the method's or the node's default, counted from when it is first
    /// polled. Nodes that have not answered by then are `Unknown(Deadline)`, and those that were still to be called
    /// `NotStarted(Expired)`; so is everybody with a time of zero.
    ///
    /// It ends no later than the context that it is made in: a handler's own deadline, or that of the
    /// [`State`] given. More than three years are three years.
    ///
    /// # Example
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use shard_runtime::sharded_module;
    /// # use shard_runtime::testing::Cluster;
    /// # pub struct Arena;
    /// # #[sharded_module]
    /// # impl Arena {
    /// #     pub async fn slow(&self) {
    /// #         core::future::pending().await
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cluster = Cluster::of(2, |node| node.module(Arena)).await?;
    /// # let arenas = cluster.node(0).module::<Arena>().create_broadcast();
    /// let replies = arenas.slow().timeout(Duration::from_millis(20)).await;
    /// assert_eq!(replies.errors.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The nodes that are addressed, sorted by name; `len()` of it is their number.
    ///
    /// # Example
    ///
    /// ```
    /// # use shard_runtime::sharded_module;
    /// # use shard_runtime::testing::Cluster;
    /// # pub struct Arena;
    /// # #[sharded_module]
    /// # impl Arena {
    /// #     pub fn players(&self) -> u32 {
    /// #         3
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cluster = Cluster::of(3, |node| node.module(Arena)).await?;
    /// # let arenas = cluster.node(0).module::<Arena>().create_broadcast();
    /// let call = arenas.players();
    /// let majority = call.nodes().len() / 2 + 1;
    /// assert_eq!(call.quorum(majority).await?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &NodeName> {
        self.targets.boots.keys()
    }

    /// The context in which the nodes are called if that begins now.
    pub(super) fn state_now(&self) -> State {
        let deadline = Instant::now() + self.timeout.min(LONGEST_CALL);
        let deadline = self.outer.map_or(deadline, |outer| outer.min(deadline));
        self.state.clone().ending_at(deadline, self.timeout)
    }
}

impl<T: Send + 'static, E: Send + 'static> BroadcastCall<T, E> {
    /// A value of every node that was addressed. It waits for all of them, also when one has failed; whoever wants to
    /// know sooner asks for a [`quorum`](Self::quorum) of all.
    ///
    /// With nobody addressed it is an empty map: ask for a quorum of 1 where that would be a mistake.
    ///
    /// # Errors
    ///
    /// When a node has no value. The error has the answers of all.
    ///
    /// # Example
    ///
    /// ```
    /// # use shard_runtime::sharded_module;
    /// # use shard_runtime::testing::Cluster;
    /// # pub struct Arena;
    /// # #[sharded_module]
    /// # impl Arena {
    /// #     pub fn players(&self) -> u32 {
    /// #         3
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cluster = Cluster::of(3, |node| node.module(Arena)).await?;
    /// # let arenas = cluster.node(0).module::<Arena>().create_broadcast();
    /// let players = arenas.players().all().await?;
    /// assert_eq!(players["node-2"], 3);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn all(self) -> Result<BTreeMap<NodeName, T>, BroadcastError<T, E>> {
        let replies = self.until(|_| false).await;
        if replies.errors.is_empty() {
            Ok(replies.values)
        } else {
            Err(BroadcastError { needed: replies.nodes.len(), replies })
        }
    }

    /// The first `n` values. It ends with the `n`th, and does not wait for the others: their calls are dropped, and
    /// nodes whose turn had not come are not called.
    ///
    /// With an `n` of 0 nobody is called.
    ///
    /// # Errors
    ///
    /// As soon as `n` values cannot come any more, since too many nodes have failed. The error has what had come until
    /// then. Where fewer than `n` nodes are addressed it is an error at once, and nobody is called.
    ///
    /// # Example
    ///
    /// ```
    /// # use shard_runtime::sharded_module;
    /// # use shard_runtime::testing::Cluster;
    /// # pub struct Arena;
    /// # #[sharded_module]
    /// # impl Arena {
    /// #     pub fn players(&self) -> u32 {
    /// #         3
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cluster = Cluster::of(3, |node| node.module(Arena)).await?;
    /// # let arenas = cluster.node(0).module::<Arena>().create_broadcast();
    /// assert_eq!(arenas.players().quorum(2).await?.len(), 2);
    ///
    /// let error = arenas.players().quorum(4).await.unwrap_err();
    /// assert_eq!(error.to_string(), "0 of 3 nodes answered with a value, 4 were needed");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn quorum(self, n: usize) -> Result<BTreeMap<NodeName, T>, BroadcastError<T, E>> {
        let replies = self.until(|replies| replies.values.len() >= n || replies.hoped_for() < n).await;
        if replies.values.len() >= n {
            Ok(replies.values)
        } else {
            Err(BroadcastError { needed: n, replies })
        }
    }

    /// The first `n` values, or as many as come, and the errors that came before the last of them. It does not wait
    /// for the other nodes: their calls are dropped, and nodes whose turn had not come are not called.
    ///
    /// With an `n` of 0 nobody is called.
    ///
    /// # Example
    ///
    /// ```
    /// # use shard_runtime::sharded_module;
    /// # use shard_runtime::testing::Cluster;
    /// # pub struct Arena;
    /// # #[sharded_module]
    /// # impl Arena {
    /// #     pub fn players(&self) -> u32 {
    /// #         3
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cluster = Cluster::of(3, |node| node.module(Arena)).await?;
    /// # let arenas = cluster.node(0).module::<Arena>().create_broadcast();
    /// let replies = arenas.players().first(1).await;
    /// assert_eq!((replies.values.len(), replies.unanswered().count()), (1, 2));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn first(self, n: usize) -> Replies<T, E> {
        self.until(|replies| replies.values.len() >= n).await
    }

    /// Each answer when it comes, in no other order. See [`Answers`] for an example.
    ///
    /// # Panics
    ///
    /// When it is polled outside of a tokio runtime and this node is one of those addressed: its part gets a task of
    /// its own, so that it goes on while nobody takes an answer.
    pub fn stream(self) -> Answers<T, E> {
        Answers::handed_on(self)
    }

    async fn until(self, enough: impl Fn(&Replies<T, E>) -> bool) -> Replies<T, E> {
        let mut replies = Replies::of(self.nodes());
        let mut answers = Answers::kept(self);
        while !enough(&replies) {
            let Some((node, answer)) = answers.next().await else { break };
            replies.insert(node, answer);
        }
        replies
    }
}

impl<T: Send + 'static, E: Send + 'static> IntoFuture for BroadcastCall<T, E> {
    type Output = Replies<T, E>;
    type IntoFuture = BoxFuture<'static, Replies<T, E>>;

    fn into_future(self) -> Self::IntoFuture {
        self.until(|_| false).boxed()
    }
}

impl<T, E> fmt::Debug for BroadcastCall<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastCall")
            .field("method", &self.method)
            .field("nodes", &self.nodes().collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
