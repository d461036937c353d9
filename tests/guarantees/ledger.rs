//! The module that most tests call: it notes each run, by the id that its caller gave it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{Boot, Node, State, sharded_module};
use tokio::time::{Instant, sleep};

/// One run of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) on: String,
    pub(crate) boot: Boot,
}

#[derive(Default)]
pub(crate) struct Ledger {
    runs: Mutex<Vec<Run>>,
}

#[sharded_module]
impl Ledger {
    /// Notes that it runs, takes so long, and says where.
    pub(crate) async fn book(&self, state: &State, id: u64, millis: u64) -> String {
        let node = state.node().unwrap();
        let on = node.name().to_owned();
        self.runs.lock().unwrap().push(Run { id, on: on.clone(), boot: node.boot() });
        sleep(Duration::from_millis(millis)).await;
        on
    }

    /// All runs, in the order in which they began.
    #[local]
    pub(crate) fn runs(&self) -> Vec<Run> {
        self.runs.lock().unwrap().clone()
    }

    /// How often a call ran.
    #[local]
    pub(crate) fn count(&self, id: u64) -> usize {
        self.runs.lock().unwrap().iter().filter(|run| run.id == id).count()
    }
}

/// So many nodes that all keep one ledger, so that a test sees every run.
pub(crate) async fn nodes(count: usize) -> (Cluster, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    let cluster = Cluster::of(count, |node| {
        node.shared_module(Arc::clone(&ledger)).call_deadline(Duration::from_secs(60))
    });
    (cluster.await.unwrap(), ledger)
}

/// Starts a killed node again, with the same ledger.
pub(crate) async fn restart(cluster: &mut Cluster, index: usize, ledger: &Arc<Ledger>) {
    let shared = Arc::clone(ledger);
    cluster.restart(index, |node| node.shared_module(shared)).await.unwrap();
}

pub(crate) fn keyed(node: &Node, key: u64) -> LedgerShard {
    node.module::<Ledger>().keyed_shard(key).unwrap()
}

/// One node's shard that is pinned to another.
pub(crate) fn pinned(from: &Node, to: &Node) -> LedgerShard {
    let there = to.module::<Ledger>().local_shard().unwrap();
    from.module::<Ledger>().get_shard(&there).unwrap()
}

/// Looks every millisecond, and returns how long it took.
pub(crate) async fn until(limit: Duration, what: &str, holds: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        sleep(Duration::from_millis(1)).await;
    }
    begun.elapsed()
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
