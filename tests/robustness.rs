//! What users do to nodes that nobody planned for, seen from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::testing::Cluster;
use shard_runtime::{MemberState, Node, NodeBuilder, NotStarted, State, sharded_module};
use tokio::time::{Instant, sleep, timeout};

#[derive(Default)]
struct Lab {
    runs: AtomicUsize,
    stops: AtomicUsize,
    bad_stop: AtomicBool,
}

/// A value whose first drop panics.
#[derive(Debug, Serialize, Deserialize)]
struct Mine {
    #[serde(skip)]
    armed: bool,
}

impl Drop for Mine {
    fn drop(&mut self) {
        assert!(!self.armed, "stepped on it");
    }
}

#[sharded_module]
impl Lab {
    #[blocking]
    fn lay_mine(&self) -> Mine {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Mine { armed: true }
    }

    async fn wait(&self, millis: u64) -> u64 {
        self.runs.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(millis)).await;
        millis
    }

    async fn stop_me(&self, state: &State) {
        state.node().unwrap().shutdown().await;
    }

    fn size(&self, bytes: &[u8]) -> usize {
        self.runs.fetch_add(1, Ordering::SeqCst);
        bytes.len()
    }

    fn bytes(&self, size: usize) -> String {
        self.runs.fetch_add(1, Ordering::SeqCst);
        "x".repeat(size)
    }

    fn on_stop(&self, _node: &Node) {
        self.stops.fetch_add(1, Ordering::SeqCst);
        assert!(!self.bad_stop.load(Ordering::SeqCst), "on_stop");
    }
}

async fn pair(setup: fn(NodeBuilder) -> NodeBuilder) -> (Cluster, [Arc<Lab>; 2]) {
    let labs = [Arc::new(Lab::default()), Arc::new(Lab::default())];
    let cluster = labs
        .iter()
        .cloned()
        .fold(Cluster::builder(), |cluster, lab| cluster.node(move |node| setup(node.shared_module(lab))));
    (cluster.start().await.unwrap(), labs)
}

fn shard(cluster: &Cluster, from: usize, to: usize) -> LabShard {
    let there = cluster.node(to).module::<Lab>().local_shard().unwrap();
    cluster.node(from).module::<Lab>().get_shard(&there).unwrap()
}

#[tokio::test]
async fn a_blocking_method_that_ran_is_never_said_not_to_have() {
    let (cluster, labs) = pair(|node| node).await;
    for from in [0, 1] {
        let error = shard(&cluster, from, 1).lay_mine().await.unwrap_err();
        assert_eq!(labs[1].runs.swap(0, Ordering::SeqCst), 1);
        assert!(!error.is_not_started(), "{error}");
    }
}
