//! The callee is killed while calls of all kinds are under way.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::NodeBuilder;
use shard_runtime::testing::Cluster;
use tokio::time::Instant;

use crate::counter::{Counter, CounterShard};
use crate::pair::Pair;
use crate::patience::{patient, until, within};
use crate::verdict::{End, truthful};

/// Calls that run, and calls that are made before, while and after it happens.
async fn calls(shard: &CounterShard, counter: &Counter, kill: impl AsyncFnOnce()) -> Vec<End> {
    let hanging = join_all((0..30).map(|id| End::of(id, 5_000, shard.hangs(id))));
    let stream = async {
        let mut ends = Vec::new();
        for id in 30..130 {
            ends.push(End::of(id, 1_000, shard.quick(id)).await);
            tokio::task::yield_now().await;
        }
        ends
    };
    let kill = async {
        until(Duration::from_secs(2), "they run", || (0..30).all(|id| counter.runs(id) == 1)).await;
        until(Duration::from_secs(2), "some have ended", || counter.runs(60) == 1).await;
        kill().await;
        Instant::now()
    };
    let hanging = async { (hanging.await, Instant::now()) };
    let ((hanging, ended), mut all, killed) = tokio::join!(hanging, stream, kill);
    // Sentence 14: they fail at once, and not at their deadlines.
    let took = ended.saturating_duration_since(killed);
    assert!(took <= Duration::from_millis(200), "{took:?}");
    assert_eq!(truthful(&hanging, counter).unknown, 30);
    all.extend(hanging);
    all
}

#[tokio::test]
async fn over_tcp() {
    patient(async {
        let Pair { callee, counter, pinned, keyed, relay, caller, _silent } = Pair::new().await;
        let ends = calls(&pinned, &counter, async || drop(callee)).await;
        let sum = truthful(&ends, &counter);
        println!("{sum:?}");
        let after = [End::of(200, 300, pinned.quick(200)).await, End::of(201, 300, keyed.quick(201)).await];
        assert_eq!(truthful(&after, &counter).not_started, 2);
        drop((relay, caller));
    })
    .await;
}

#[tokio::test]
async fn in_memory() {
    patient(async {
        let counter = Arc::new(Counter::default());
        let hosted = Arc::clone(&counter);
        let cluster = Cluster::builder()
            .node(NodeBuilder::client_of::<Counter>)
            .node(|node| node.shared_module(hosted))
            .start();
        let mut cluster = cluster.await.unwrap();
        let counters = cluster.node(0).module::<Counter>();
        let (pinned, keyed) = (counters.create_shard("key").unwrap(), counters.keyed_shard("key").unwrap());
        let ends = calls(&pinned, &counter, async || cluster.kill(1)).await;
        let sum = truthful(&ends, &counter);
        println!("{sum:?}");
        let after = [End::of(200, 300, pinned.quick(200)).await, End::of(201, 300, keyed.quick(201)).await];
        assert_eq!(truthful(&after, &counter).not_started, 2);
        // Another boot takes over, and nothing of the old one's runs there.
        let reborn = Arc::new(Counter::default());
        let hosted = Arc::clone(&reborn);
        cluster.restart(1, |node| node.shared_module(hosted)).await.unwrap();
        within(Duration::from_secs(10), "all see all", cluster.settled()).await;
        let end = End::of(202, 1_000, keyed.quick(202)).await;
        assert_eq!(truthful(&[end], &reborn).ok, 1);
        assert_eq!(truthful(&[End::of(203, 1_000, pinned.quick(203)).await], &reborn).not_started, 1);
        assert_eq!(reborn.all_runs(), 1);
    })
    .await;
}
