//! What one peer takes of a node's room is not everybody's.

use std::sync::mpsc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, NotStarted, Shard as _, sharded_module};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

struct Store {
    /// Holds up those that wait for it.
    gate: watch::Sender<bool>,
}

#[sharded_module]
impl Store {
    async fn put(&self, data: &[u8]) -> usize {
        self.passed().await;
        data.len()
    }

    async fn get(&self, size: usize) -> Vec<u8> {
        self.passed().await;
        vec![7; size]
    }

    fn take(&self, data: &[u8]) -> usize {
        data.len()
    }

    #[oneway]
    fn poke(&self, data: &[u8]) {
        let _ = data;
    }

    #[local]
    async fn passed(&self) {
        let _ = self.gate.subscribe().wait_for(|open| *open).await;
    }
}

const LARGE: usize = 1_000_000;
const ROOM: usize = 256 * 1024 * 1024;

async fn three(gate: &watch::Sender<bool>) -> Cluster {
    Cluster::of(3, |node| node.module(Store { gate: gate.clone() })).await.unwrap()
}

fn shard(cluster: &Cluster, from: usize, to: usize) -> StoreShard {
    let there = cluster.node(to).module::<Store>().local_shard().unwrap();
    cluster.node(from).module::<Store>().get_shard(&there).unwrap().timeout(Duration::from_secs(60))
}

/// One peer has many large calls that run here; another one's is none of them.
#[tokio::test(start_paused = true)]
async fn large_calls_of_one_peer_leave_room_for_another() {
    let gate = watch::Sender::new(false);
    let cluster = three(&gate).await;
    let (shard, other) = (shard(&cluster, 0, 1), shard(&cluster, 2, 1));
    let mut calls = JoinSet::new();
    for _ in 0..300 {
        let shard = shard.clone();
        calls.spawn(async move { shard.put(&vec![7; LARGE]).await });
        // Time to leave, so that none is refused on its own node.
        sleep(Duration::from_millis(2)).await;
    }
    let outcome = other.take(&vec![7; LARGE]).await;
    assert_eq!(outcome, Ok(LARGE), "{} bytes are in", cluster.node(1).calls().bytes_in);
}

/// Answers that nobody reads do not grow beyond all bounds, and do not keep others from calling.
#[tokio::test(start_paused = true)]
async fn answers_that_one_peer_does_not_read_are_bounded() {
    let gate = watch::Sender::new(false);
    let cluster = three(&gate).await;
    let (reader, other) = (shard(&cluster, 0, 1), shard(&cluster, 2, 1));
    let mut calls: FuturesUnordered<_> = (0..400).map(|_| reader.get(LARGE)).collect();
    assert!(timeout(Duration::from_millis(200), calls.next()).await.is_err());
    cluster.cut(0, 1);
    gate.send_replace(true);
    sleep(Duration::from_millis(500)).await;
    let waiting = cluster.node(1).calls().bytes_out;
    let outcome = other.take(&[7; 100]).await;
    assert!(waiting <= ROOM && outcome.is_ok(), "{waiting} bytes wait, another's call: {outcome:?}");
}

/// A one-way call that finds no room on the node waits, and lets others work meanwhile.
#[test]
fn a_one_way_call_without_room_does_not_keep_its_thread() {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let gate = watch::Sender::new(false);
            let cluster = three(&gate).await;
            let (reader, other) = (shard(&cluster, 0, 1), shard(&cluster, 1, 2));
            let mut calls: FuturesUnordered<_> = (0..400).map(|_| reader.get(LARGE)).collect();
            assert!(timeout(Duration::from_millis(200), calls.next()).await.is_err());
            cluster.cut(0, 1);
            gate.send_replace(true);
            sleep(Duration::from_millis(500)).await;
            let outcome = other.timeout(Duration::from_millis(500)).poke(&vec![7; LARGE]).await;
            let _ = tell.send(outcome);
        });
    });
    let outcome = told.recv_timeout(Duration::from_secs(20));
    let outcome = outcome.expect("it turns in a circle, and nothing else runs");
    assert!(
        matches!(outcome, Ok(()) | Err(CallError::NotStarted { reason: NotStarted::Overloaded, .. })),
        "{outcome:?}"
    );
}
