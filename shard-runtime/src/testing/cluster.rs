use core::time::Duration;

use super::MemoryNetwork;
use crate::error::Error;
use crate::membership::MemberState;
use crate::node::{Node, NodeBuilder};
use crate::transport::Transport;
use crate::trust::Secret;

/// A cluster of several nodes in this process.
///
/// The nodes are called `node-0`, `node-1` and so on, and listen at `node-0:1`, `node-1:1` and so on in a
/// [`MemoryNetwork`]. They are told of each other; [`start`](ClusterBuilder::start) returns when each
/// sees all. With `tokio::time::pause` its timers take no time.
///
/// # Example
///
/// ```
/// use shard_runtime::sharded_module;
/// use shard_runtime::testing::Cluster;
///
/// #[derive(Default)]
/// pub struct Greeter;
///
/// #[sharded_module]
/// impl Greeter {
///     pub fn greet(&self, name: &str) -> String {
///         format!("hello {name}")
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let cluster = Cluster::of(3, |node| node.module(Greeter)).await?;
/// let shard = cluster.node(0).module::<Greeter>().create_shard("any key")?;
/// assert_eq!(shard.greet("you").await?, "hello you");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Cluster {
    network: MemoryNetwork,
    secret: Secret,
    name: String,
    size: usize,
    nodes: Vec<Option<Node>>,
}

/// Sets a [`Cluster`] up, node by node. Made by [`Cluster::builder`].
#[must_use = "a builder does nothing until `start` is called"]
pub struct ClusterBuilder {
    name: String,
    nodes: Vec<Option<NodeSetup>>,
}

type NodeSetup = Box<dyn FnOnce(NodeBuilder) -> NodeBuilder + Send>;

impl ClusterBuilder {
    /// Adds a node; `setup` gives it its modules.
    pub fn node(mut self, setup: impl FnOnce(NodeBuilder) -> NodeBuilder + Send + 'static) -> Self {
        self.nodes.push(Some(Box::new(setup)));
        self
    }

    /// Leaves places for `count` nodes that are not there yet; [`Cluster::restart`] starts them. The others are told
    /// of their addresses.
    pub fn absent(mut self, count: usize) -> Self {
        self.nodes.extend((0..count).map(|_| None));
        self
    }

    /// Starts all nodes and waits until each sees all.
    ///
    /// # Errors
    ///
    /// When a node cannot start, as [`NodeBuilder::start`].
    pub async fn start(self) -> Result<Cluster, Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| Error::Random(error.to_string()))?;
        let mut cluster = Cluster {
            network: MemoryNetwork::new(),
            secret: Secret::new(secret)?,
            name: self.name,
            size: self.nodes.len(),
            nodes: Vec::new(),
        };
        for (index, setup) in self.nodes.into_iter().enumerate() {
            let node = match setup {
                Some(setup) => Some(cluster.launch(index, setup).await?),
                None => None,
            };
            cluster.nodes.push(node);
        }
        cluster.settled().await;
        for node in cluster.nodes.iter().flatten() {
            node.ready().await?;
        }
        Ok(cluster)
    }
}

impl Cluster {
    /// A cluster whose nodes differ; add them one by one.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder { name: "test".to_owned(), nodes: Vec::new() }
    }

    /// A cluster of `size` nodes that are all set up alike.
    ///
    /// # Errors
    ///
    /// When a node cannot start, as [`NodeBuilder::start`].
    pub async fn of(size: usize, setup: impl Fn(NodeBuilder) -> NodeBuilder) -> Result<Self, Error> {
        let mut cluster = Self::builder().start().await?;
        cluster.size = size;
        for index in 0..size {
            let node = cluster.launch(index, &setup).await?;
            cluster.nodes.push(Some(node));
        }
        cluster.settled().await;
        for node in cluster.nodes.iter().flatten() {
            node.ready().await?;
        }
        Ok(cluster)
    }

    async fn launch(
        &self,
        index: usize,
        setup: impl FnOnce(NodeBuilder) -> NodeBuilder,
    ) -> Result<Node, Error> {
        let builder = Node::builder(self.name.as_str())
            .name(format!("node-{index}"))
            .listen(Self::address(index))
            .peers((0..self.size).map(Self::address))
            .secret(self.secret.clone())
            .transport(Transport::Memory(self.network.clone()));
        setup(builder).start().await
    }

    /// The address of a node in the network, the name by which [`MemoryNetwork`] knows it.
    pub fn address(index: usize) -> String {
        format!("node-{index}:1")
    }

    /// A node.
    ///
    /// # Panics
    ///
    /// When there is no such node, or it was killed.
    pub fn node(&self, index: usize) -> &Node {
        match self.nodes.get(index) {
            Some(Some(node)) => node,
            _ => panic!("node {index} is not running"),
        }
    }

    /// The nodes that run, in order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().flatten()
    }

    /// The network between them, with all that it can do to links.
    pub fn network(&self) -> &MemoryNetwork {
        &self.network
    }

    /// The secret that the nodes share.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Ends a node as `kill -9` does: no goodbye, its connections are reset, nobody listens any more.
    ///
    /// # Panics
    ///
    /// When there is no such node, or it was killed before.
    pub fn kill(&mut self, index: usize) {
        let node = self.nodes.get_mut(index).and_then(Option::take);
        assert!(node.is_some(), "node {index} is not running");
        self.network.kill(&Self::address(index));
    }

    /// Starts a node again, under its old name and a new boot, or one that has not been there yet. Waits for nothing.
    ///
    /// # Errors
    ///
    /// When it cannot start, as [`NodeBuilder::start`].
    ///
    /// # Panics
    ///
    /// When there is no such node, or it runs.
    pub async fn restart(
        &mut self,
        index: usize,
        setup: impl FnOnce(NodeBuilder) -> NodeBuilder,
    ) -> Result<&Node, Error> {
        assert!(
            matches!(self.nodes.get(index), Some(None)),
            "node {index} runs, or there is no place for it"
        );
        let node = self.launch(index, setup).await?;
        Ok(self.nodes[index].insert(node))
    }

    /// Cuts both ways between two nodes, as a pulled cable does: bytes are held, nothing fails by itself.
    pub fn cut(&self, one: usize, other: usize) {
        self.network.cut(&Self::address(one), &Self::address(other));
    }

    /// Undoes a cut, and takes delays away.
    pub fn heal(&self, one: usize, other: usize) {
        self.network.heal(&Self::address(one), &Self::address(other));
    }

    /// Makes bytes take `delay` each way between two nodes.
    pub fn delay(&self, one: usize, other: usize, delay: Duration) {
        self.network.delay(&Self::address(one), &Self::address(other), delay);
    }

    /// Resets the connections between two nodes; they may dial again.
    pub fn sever(&self, one: usize, other: usize) {
        self.network.sever(&Self::address(one), &Self::address(other));
    }

    /// Keeps the gossip from a node: its view stays as it is until another node tells it of theirs because of a
    /// call, or [`release_news`](Self::release_news). After some five seconds it is held for dead, since it does not
    /// answer probes either.
    pub fn hold_news(&self, index: usize) {
        self.node(index).set_deaf(true);
    }

    /// Lets a node hear the gossip again.
    pub fn release_news(&self, index: usize) {
        self.node(index).set_deaf(false);
    }

    /// Waits until every node that runs has the same view, in which every node that runs is active and nobody
    /// else is there, and has a link to each of them.
    pub async fn settled(&self) {
        while !self.is_settled() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn is_settled(&self) -> bool {
        let mut boots: Vec<_> = self.nodes().map(Node::boot).collect();
        boots.sort();
        let sees_all = |node: &Node| {
            let view = node.view();
            let active = view.members().iter().filter(|member| member.state == MemberState::Active);
            let mut seen: Vec<_> = active.map(|member| member.boot).collect();
            seen.sort();
            seen == boots && view.members().len() == boots.len() && node.is_linked_to_all()
        };
        let mut digests = self.nodes().map(|node| node.view().digest());
        let first = digests.next();
        digests.all(|digest| Some(digest) == first) && self.nodes().all(sees_all)
    }
}
