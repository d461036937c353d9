//! Nodes that speak TLS.

use std::time::Duration;

use futures::stream::{self, Stream, StreamExt as _};
use shard_runtime::{MemberState, Node, NodeBuilder, Secret, Shard as _, State, Tls, sharded_module};
use tokio::sync::Semaphore;

/// A module that is called over links.
pub(crate) struct Arena {
    gate: Semaphore,
}

#[sharded_module]
impl Arena {
    #[local]
    pub(crate) fn new() -> Self {
        Self { gate: Semaphore::new(0) }
    }

    pub(crate) fn here(&self, state: &State) -> String {
        state.node().map_or_else(String::new, |node| node.name().to_owned())
    }

    pub(crate) fn echo(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    pub(crate) fn count(&self, to: u32) -> impl Stream<Item = (u32, String)> + Send {
        stream::iter(0..to).map(|number| (number, "x".repeat(1_000)))
    }

    /// Waits until somebody calls `open`.
    pub(crate) async fn wait(&self) -> bool {
        self.gate.acquire().await.is_ok()
    }

    pub(crate) fn open(&self) {
        self.gate.add_permits(1);
    }
}

pub(crate) const SECRET: [u8; 32] = [7; 32];

/// A node of the cluster, which waits for whoever comes.
pub(crate) fn plain(name: &str) -> NodeBuilder {
    let secret = Secret::new(SECRET).unwrap();
    let node = Node::builder("tls").name(name).listen("127.0.0.1:0").secret(secret);
    node.module(Arena::new()).call_deadline(Duration::from_secs(60))
}

pub(crate) fn builder(name: &str, tls: Tls) -> NodeBuilder {
    plain(name).tls(tls)
}

pub(crate) async fn start(name: &str, tls: Tls, peers: &[&Node]) -> Node {
    let peers = peers.iter().map(|peer| peer.address().to_owned());
    builder(name, tls).peers(peers).start().await.unwrap()
}

/// A shard of one node, to be called from another.
pub(crate) fn shard_on(from: &Node, to: &Node) -> ArenaShard {
    let token = to.module::<Arena>().local_shard().unwrap().token().mint();
    from.module::<Arena>().get_shard(&token).unwrap()
}

pub(crate) fn sees(node: &Node, others: &[&Node]) -> bool {
    let active = |other: &&Node| {
        let view = node.view();
        view.get(other.name()).is_some_and(|member| member.state == MemberState::Active)
    };
    others.iter().all(active)
}

/// Waits until something holds; far longer than anything takes.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

/// As long as it takes, and not for ever.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("it takes a minute already")
}
