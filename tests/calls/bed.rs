//! Two nodes, or one that is both, and the way between them.

use std::sync::Arc;
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{MemberState, Node, NodeBuilder, Secret, Shard, ShardedModule, State};
use tokio::time::Instant;

use crate::patience::until;

/// How a call gets to its callee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It stays on its node, and moves its arguments.
    Local,
    /// It stays on its node, and goes through the codec.
    Forced,
    /// To another node, through memory.
    Memory,
    /// To another node, over TCP.
    Tcp,
}

impl Way {
    /// Whether the callee is another node.
    pub(crate) fn is_remote(self) -> bool {
        matches!(self, Self::Memory | Self::Tcp)
    }

    /// Whether arguments and results become bytes.
    pub(crate) fn encodes(self) -> bool {
        self != Self::Local
    }
}

/// The cluster's name, as that of every [`Cluster`].
pub(crate) const CLUSTER: &str = "test";

/// A caller and a callee, the same node where the call stays.
pub(crate) struct Nodes {
    pub(crate) caller: Node,
    pub(crate) callee: Node,
    pub(crate) secret: Secret,
    _cluster: Option<Cluster>,
}

impl Nodes {
    /// Where there is one node only, it is set up as the callee.
    pub(crate) async fn of(
        way: Way,
        caller: impl FnOnce(NodeBuilder) -> NodeBuilder + Send + 'static,
        callee: impl FnOnce(NodeBuilder) -> NodeBuilder + Send + 'static,
    ) -> Self {
        match way {
            Way::Local => Self::alone(callee).await,
            Way::Forced => Self::alone(|node| forced(callee(node))).await,
            Way::Memory => {
                let cluster = Cluster::builder().node(caller).node(callee).start().await.unwrap();
                let (caller, callee) = (cluster.node(0).clone(), cluster.node(1).clone());
                Self { caller, callee, secret: cluster.secret().clone(), _cluster: Some(cluster) }
            }
            Way::Tcp => {
                let caller = caller(tcp("caller", &[])).start().await.unwrap();
                let callee = callee(tcp("callee", &[caller.address()])).start().await.unwrap();
                for node in [&caller, &callee] {
                    until(Duration::from_secs(10), "both see both", || active(node) == 2).await;
                    node.ready().await.unwrap();
                }
                Self { caller, callee, secret: secret(), _cluster: None }
            }
        }
    }

    async fn alone(setup: impl FnOnce(NodeBuilder) -> NodeBuilder) -> Self {
        let node = setup(tcp("alone", &[])).start().await.unwrap();
        node.ready().await.unwrap();
        Self { caller: node.clone(), callee: node, secret: secret(), _cluster: None }
    }
}

fn forced(builder: NodeBuilder) -> NodeBuilder {
    builder.force_wire(true)
}

/// A node on a socket of this machine.
pub(crate) fn tcp(name: &str, peers: &[&str]) -> NodeBuilder {
    Node::builder(CLUSTER).name(name).listen("127.0.0.1:0").peers(peers.iter().copied()).secret(secret())
}

fn secret() -> Secret {
    Secret::new([7; 32]).unwrap()
}

fn active(node: &Node) -> usize {
    node.members().iter().filter(|member| member.state == MemberState::Active).count()
}

/// A module on its nodes.
pub(crate) struct Bed<M: ShardedModule> {
    pub(crate) nodes: Nodes,
    /// The callee's module.
    pub(crate) module: Arc<M>,
    /// The caller's, where that is another node: nothing is to run there.
    pub(crate) bystander: Arc<M>,
    /// From the caller to the callee, pinned.
    pub(crate) shard: M::Shard,
}

impl<M: ShardedModule + Default> Bed<M> {
    pub(crate) async fn of(way: Way) -> Self {
        let (module, bystander) = (Arc::new(M::default()), Arc::new(M::default()));
        let (there, here) = (Arc::clone(&module), Arc::clone(&bystander));
        let nodes = Nodes::of(way, |node| node.shared_module(here), |node| node.shared_module(there)).await;
        let shard = shard_on::<M>(&nodes.caller, &nodes.callee);
        Self { nodes, module, bystander, shard }
    }
}

/// A pinned shard of the caller's for a key that is placed on the callee.
fn shard_on<M: ShardedModule>(caller: &Node, callee: &Node) -> M::Shard {
    let module = caller.module::<M>();
    let mut shards = (0_u32..10_000).map(|key| module.create_shard(key).unwrap());
    shards.find(|shard| shard.boot() == Some(callee.boot())).expect("some key is placed there")
}

/// A context whose calls must have ended so soon.
pub(crate) fn within_ms(millis: u64) -> State {
    State::new().with_deadline(Instant::now() + Duration::from_millis(millis))
}

/// Asserts that something took as long as its deadline and at most 100 ms more.
pub(crate) fn on_time(start: Instant, millis: u64) {
    let took = start.elapsed();
    let limit = Duration::from_millis(millis)..=Duration::from_millis(millis + 100);
    assert!(limit.contains(&took), "a deadline of {millis} ms took {took:?}");
}
