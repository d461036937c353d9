//! The handle that a program holds.

use core::fmt;
use core::future::Future;
use std::sync::Arc;

use super::builder::NodeBuilder;
use super::handle::ModuleHandle;
use super::inner::Inner;
use super::module::ShardedModule;
use super::stop;
use super::views::Views;
use crate::call::CallCounts;
use crate::error::Error;
use crate::membership::{Boot, Member, View};
use crate::state::State;
use crate::trust::Secrets;

/// A node of a cluster, in this process. Cloning makes another handle to the same node.
///
/// When the last handle is dropped the node stops at once: calls in flight end as unknown, and other
/// nodes see a closed connection. [`shutdown`](Self::shutdown) ends it in order. A handle that a hook or
/// a handler was given does not keep the node alive.
///
/// # Example
///
/// ```
/// # use shard_runtime::Node;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let node = Node::builder("my-game").start().await?;
/// node.ready().await?;
/// assert_eq!(node.members().len(), 1);
/// node.shutdown().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
    _guard: Option<Arc<Guard>>,
}

/// Stops the node when the last handle goes.
struct Guard(Arc<Inner>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Node {
    /// Sets up a node of the cluster of that name. Only nodes of one name, and one secret, make a
    /// cluster.
    pub fn builder(cluster: impl Into<String>) -> NodeBuilder {
        NodeBuilder::new(cluster.into())
    }

    pub(super) fn owning(inner: Arc<Inner>) -> Self {
        let guard = Arc::new(Guard(Arc::clone(&inner)));
        Self { inner, _guard: Some(guard) }
    }

    /// A handle that does not keep the node alive.
    pub(super) fn borrowing(inner: Arc<Inner>) -> Self {
        Self { inner, _guard: None }
    }

    /// Keeps the gossip from this node, or no longer.
    pub(crate) fn set_deaf(&self, deaf: bool) {
        self.inner.gossip.set_deaf(deaf);
    }

    /// Whether this node is ready and has a link for calls to every other member.
    pub(crate) fn is_linked_to_all(&self) -> bool {
        let door = &self.inner.door;
        let view = door.view();
        let mut others = view.members().iter().filter(|member| member.boot != door.boot());
        door.is_ready() && others.all(|member| door.peer(member.boot).is_some())
    }

    #[cfg(any(test, fuzzing))]
    pub(super) fn inside(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(super) fn without_guard(&self) -> Self {
        Self::borrowing(Arc::clone(&self.inner))
    }

    /// A module of the cluster, which this node hosts or is a client of.
    #[must_use]
    pub fn module<M: ShardedModule>(&self) -> ModuleHandle<M> {
        ModuleHandle::new(Some(Arc::clone(&self.inner)))
    }

    /// Takes other secrets instead of those that the node has, without a stop. From the return on tokens are signed
    /// with the new current one, tokens of all of them are accepted and no others, and so it is with new links and
    /// with what nodes tell each other of the members. Links that are open stay so, whatever they were proved with.
    /// What it replaces is [`NodeBuilder::secret`], or `SHARD_SECRET` and `SHARD_SECRET_PREVIOUS`, which are read at
    /// the start only.
    ///
    /// In which order to give them to the nodes of a cluster, so that nothing is lost, is in
    /// [the guide](crate::guide::security#to-change-it-without-a-stop). Nothing is sent, and no other node is told. A
    /// node that has certificates and no secret would meet no other of these any more: start them all again with one.
    ///
    /// ```
    /// # use shard_runtime::{Node, Secret, Secrets};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let old = Secret::new("81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b")?;
    /// let new = Secret::new("0b7bd2dfb9c4e7a8e3a5d1c2f4906e11")?;
    /// let node = Node::builder("my-game").secret(old.clone()).start().await?;
    /// // First on every node: what is signed with the new one is accepted.
    /// node.set_secrets(Secrets::new(old.clone()).with_previous(new.clone())?);
    /// // Then on every node: it is signed with.
    /// node.set_secrets(Secrets::new(new.clone()).with_previous(old)?);
    /// // And when the last token of the old one has expired:
    /// node.set_secrets(new);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_secrets(&self, secrets: impl Into<Secrets>) {
        self.inner.set_secrets(&secrets.into());
    }

    /// The node's name, unique in its cluster.
    pub fn name(&self) -> &str {
        self.inner.door.name.as_str()
    }

    /// The name of its cluster.
    pub fn cluster(&self) -> &str {
        &self.inner.cluster
    }

    /// This run of the node: a random number, another one at each start. It changes while the node lives when
    /// others may take that for dead, or do: its process stood still for 2.5 s or longer, its workers did for
    /// 10 s, or it learns that others have given it up. Calls for the boot before are refused from then on.
    pub fn boot(&self) -> Boot {
        self.inner.door.boot()
    }

    /// The address under which other nodes reach it, as `host:port`.
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    /// The cluster as this node sees it now: itself and every node that it has heard of and not yet seen go, in
    /// the order of their names.
    pub fn members(&self) -> Vec<Member> {
        self.view().members().to_vec()
    }

    /// The cluster as this node sees it now, with its digest: nodes of the same digest place every key
    /// alike.
    pub fn view(&self) -> Arc<View> {
        self.inner.door.view()
    }

    /// The cluster as this node sees it, now and whenever that changes.
    ///
    /// ```
    /// # use shard_runtime::Node;
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let node = Node::builder("my-game").start().await?;
    /// let mut views = node.watch_members();
    /// assert_eq!(views.next().await.map(|view| view.members().len()), Some(1));
    /// node.shutdown().await;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn watch_members(&self) -> Views {
        Views::of(&self.inner)
    }

    /// What this node has counted of calls since it started, and what there is of them now: nothing, when it is
    /// idle.
    #[must_use]
    pub fn calls(&self) -> CallCounts {
        self.inner.door.counts()
    }

    /// How many view syncs this node has sent since it started. A node tells another its members when a keyed
    /// call shows that their views differ, or a pinned one names a boot that it has not heard of, at most once in
    /// 100 ms to each.
    pub fn view_syncs(&self) -> u64 {
        self.inner.gossip.syncs()
    }

    /// Waits until this node takes part: the addresses that it was given have been tried, whoever answered has
    /// told it of the other members, and it is active in its own view and has tried for up to a second to have
    /// links to all of them, so that look-ups from now on are right. A node that finds nobody is ready, too, and is
    /// a cluster of one until it does.
    /// Not to be awaited in an `on_start`: the node dials when its modules have started.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when this node cannot take part: another living node has its name, or every
    /// node that answered refused it (another cluster, another secret, another version). It goes on
    /// trying; a later `ready` may succeed. [`Error::Draining`] when the node is stopped meanwhile.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut settling = self.inner.settling.subscribe();
        let inner = &self.inner;
        let settled = async {
            loop {
                if inner.door.is_ready() {
                    return Ok(());
                }
                let verdict = settling.borrow_and_update().verdict();
                if let Some(Err(refused)) = verdict {
                    return Err(Error::Refused { address: refused.address, reason: refused.reason });
                }
                if settling.changed().await.is_err() {
                    return Err(Error::Draining);
                }
            }
        };
        inner.stopped().run_until_cancelled(settled).await.unwrap_or(Err(Error::Draining))
    }

    /// Spawns a task that is dropped when the node stops: a match's tick loop, for one.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.inner.spawn(task);
    }

    /// Takes this node out of service while it goes on to serve those who depend on this very node.
    ///
    /// It tells the other nodes, and all its slots go to others at once. From then on calls of keyed shards are
    /// refused here as not started (`Draining`), whoever makes them; the runtime tries them again at the new
    /// owner, and their callers do not notice. [`create_shard`](ModuleHandle::create_shard) chooses other nodes,
    /// and [`local_shard`](ModuleHandle::local_shard) is an error, except in a handler that asks its own
    /// [`State`]. Calls that run here go on.
    ///
    /// So do new calls of shards that are pinned to this node, and of broadcasts, until the *drain deadline*
    /// ([`drain_deadline`](NodeBuilder::drain_deadline), 10 s if nothing is said) after the beginning. From that
    /// moment every call is refused as `Draining`, and those that still run are dropped: their callers are told
    /// that it is unknown how far they came (`Unknown::Stopped`). A `#[blocking]` method cannot be dropped; it
    /// runs to its end, and nobody gets its answer.
    ///
    /// Returns at the drain deadline, or before it as soon as at one moment
    ///
    /// - no handler runs here, and every answer has been written,
    /// - the calls have ended that this node had made of others before it began to drain, and
    /// - no other node has called a shard pinned to this one, or broadcast to it, for a tenth of the drain
    ///   deadline (1 s if nothing is said), counted from the arrival or the end of the last such call, also of
    ///   one before the draining began: a node whom nobody calls is done at once, and one with a client who
    ///   calls more often than that serves it until the deadline.
    ///
    /// The node is alive afterwards, and if the deadline has not come yet still answers pinned shards. There is
    /// no way back into service: follow up with [`shutdown`](Self::shutdown), which is quick then. A second
    /// `drain` waits for the first. It goes on when the future is dropped. A handler that awaits it waits for
    /// itself, until the deadline.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn drain(&self) {
        stop::drain(&self.inner).await;
    }

    /// Ends the node in order: [drains](Self::drain) it, or waits until that is done; stops its modules, all at
    /// the same time and within 3 s; lets the calls end that it has made of others (until the drain deadline)
    /// and makes no more; tells the other nodes that it leaves, and closes its links. With the settings that
    /// nobody has changed that takes 15 s at most, 10 of them for the draining. Returns when all of that is done;
    /// a second call waits for the first. It goes on when the future is dropped.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn shutdown(&self) {
        stop::shutdown(&self.inner, self).await;
    }

    /// How many handlers run on this node now.
    pub fn running(&self) -> usize {
        self.inner.door.admission.running()
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("cluster", &self.cluster())
            .field("name", &self.name())
            .field("boot", &self.boot())
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

impl State {
    /// The node on which the handler runs that was given this state; `None` for a state that no handler
    /// was given. The handle does not keep the node alive.
    pub fn node(&self) -> Option<Node> {
        self.inner().map(Node::borrowing)
    }

    /// A module of the cluster, as seen from the node on which the handler runs. Outside of a handler
    /// every use of it fails with [`Error::NoNode`].
    #[must_use]
    pub fn module<M: ShardedModule>(&self) -> ModuleHandle<M> {
        ModuleHandle::of_handler(self.inner())
    }

    fn inner(&self) -> Option<Arc<Inner>> {
        Arc::clone(self.home()?).downcast().ok()
    }
}
