//! The module that is called: it notes by its caller's ids what begins and what comes to its end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{Node, NodeBuilder, Shard as _, ShardToken, State, sharded_module};
use tokio::time::sleep;

#[derive(Default)]
pub(crate) struct Ledger {
    runs: Mutex<BTreeMap<u64, Run>>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// The nodes on which it has begun, one for each time.
    pub(crate) on: Vec<String>,
    pub(crate) ended: usize,
}

#[sharded_module]
impl Ledger {
    /// Takes so long.
    pub(crate) async fn work(&self, state: &State, id: u64, millis: u64) -> u64 {
        self.begin(state, id);
        sleep(Duration::from_millis(millis)).await;
        self.end(id);
        id
    }

    /// Takes so long, and then calls another shard, under the next id.
    pub(crate) async fn call_on(
        &self,
        state: &State,
        id: u64,
        millis: u64,
        next: ShardToken,
    ) -> Result<u64, String> {
        self.begin(state, id);
        sleep(Duration::from_millis(millis)).await;
        let next = state.module::<Self>().get_shard(&next).map_err(|error| error.to_string())?;
        next.work(state, id + 1, 0).await.map_err(|error| error.to_string())?;
        self.end(id);
        Ok(id)
    }

    /// Takes so long, and then calls its own node.
    pub(crate) async fn call_home(&self, state: &State, id: u64, millis: u64) -> Result<u64, String> {
        self.begin(state, id);
        sleep(Duration::from_millis(millis)).await;
        let home = state.module::<Self>().local_shard().map_err(|error| error.to_string())?;
        home.work(state, id + 1, 0).await.map_err(|error| error.to_string())?;
        self.end(id);
        Ok(id)
    }

    /// Occupies its thread for so long.
    #[blocking]
    pub(crate) fn block(&self, state: &State, id: u64, millis: u64) -> u64 {
        self.begin(state, id);
        std::thread::sleep(Duration::from_millis(millis));
        self.end(id);
        id
    }

    pub(crate) fn name(&self, state: &State) -> String {
        state.node().map_or_else(String::new, |node| node.name().to_owned())
    }

    #[local]
    fn begin(&self, state: &State, id: u64) {
        let here = self.name(state);
        self.runs.lock().unwrap().entry(id).or_default().on.push(here);
    }

    #[local]
    fn end(&self, id: u64) {
        self.runs.lock().unwrap().entry(id).or_default().ended += 1;
    }

    /// What is known of a call.
    #[local]
    pub(crate) fn run(&self, id: u64) -> Run {
        self.runs.lock().unwrap().get(&id).cloned().unwrap_or_default()
    }

    /// All that have begun here.
    #[local]
    pub(crate) fn begun(&self) -> Vec<u64> {
        self.runs.lock().unwrap().keys().copied().collect()
    }
}

/// So many nodes that keep one book together, so that a test sees every run. Calls may take a minute.
pub(crate) async fn nodes(
    count: usize,
    setup: impl Fn(NodeBuilder) -> NodeBuilder,
) -> (Cluster, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    let shared = Arc::clone(&ledger);
    let node = |node: NodeBuilder| {
        setup(node.shared_module(Arc::clone(&shared)).call_deadline(Duration::from_secs(60)))
    };
    (Cluster::of(count, node).await.unwrap(), ledger)
}

/// One node's shard that is pinned to another.
pub(crate) fn pinned(from: &Node, to: &Node) -> LedgerShard {
    let there = to.module::<Ledger>().local_shard().unwrap();
    from.module::<Ledger>().get_shard(&there).unwrap()
}

pub(crate) fn keyed(node: &Node, key: u64) -> LedgerShard {
    node.module::<Ledger>().keyed_shard(key).unwrap()
}

/// A key that a node owns, in its own view.
pub(crate) fn key_of(node: &Node) -> u64 {
    (0..10_000).find(|key| keyed(node, *key).node().is_some_and(|owner| owner == node.name())).unwrap()
}
