//! Sentence 9: a keyed shard's calls go to the owner, through whatever makes another node that.

use std::collections::BTreeMap;
use std::sync::Mutex;

use shard_runtime::testing::Cluster;
use shard_runtime::{Plan, Shard as _, State, sharded_module};
use tokio::time::{Instant, sleep};

use crate::apart::{Change, unheard};
use crate::ledger::{keyed, ms};

#[tokio::test(start_paused = true)]
async fn s9_a_caller_that_has_not_heard_of_a_join_or_a_drain_still_finds_the_new_owner() {
    for (change, before, after) in [(Change::Join, "node-1", "node-3"), (Change::Drain, "node-3", "node-1")] {
        let (cluster, ledger) = unheard(change, 0).await;
        let shard = keyed(cluster.node(0), change.key(before, after));
        assert_eq!(shard.node().unwrap(), before, "as the caller sees it");
        let begun = Instant::now();
        assert_eq!(shard.book(&State::new(), 1, 0).await.unwrap(), after, "{change:?}");
        // There and back over a slow link to the node that drains.
        assert!(begun.elapsed() < ms(620), "{change:?}: {:?}", begun.elapsed());
        assert_eq!(shard.node().unwrap(), after);
        assert_eq!(ledger.count(1), 1, "refused before anything started, and run once");
    }
}

#[tokio::test(start_paused = true)]
async fn s9_a_new_owner_that_has_not_heard_of_it_is_told_and_runs_the_call() {
    for (change, before, after) in [
        // Keeping the balance moves a few keys between nodes that both stay.
        (Change::Join, "node-1", "node-2"),
        (Change::Drain, "node-3", "node-2"),
        (Change::Death, "node-3", "node-2"),
    ] {
        let (cluster, ledger) = unheard(change, 2).await;
        let shard = keyed(cluster.node(0), change.key(before, after));
        assert_eq!(shard.node().unwrap(), after, "as the caller sees it");
        let begun = Instant::now();
        assert_eq!(shard.book(&State::new(), 1, 0).await.unwrap(), after, "{change:?}");
        assert!(begun.elapsed() < ms(100), "{change:?}: {:?}", begun.elapsed());
        assert_eq!(ledger.count(1), 1);
        let digests = [0, 2].map(|index| cluster.node(index).view().digest());
        assert_eq!(digests[0], digests[1], "{change:?}: both views have become one");
    }
}

#[tokio::test(start_paused = true)]
async fn s9_an_owner_that_died_behind_a_hanging_link_is_left_when_the_caller_hears_of_it() {
    let change = Change::Death;
    let (cluster, ledger) = unheard(change, 0).await;
    let shard = keyed(cluster.node(0), change.key("node-3", "node-1"));
    assert_eq!(shard.node().unwrap(), "node-3", "as the caller sees it");
    let state = State::new();
    let begun = Instant::now();
    let (there, ()) = tokio::join!(shard.book(&state, 1, 0), async {
        sleep(ms(20)).await;
        cluster.release_news(0);
    });
    assert_eq!(there.unwrap(), "node-1");
    assert!(begun.elapsed() < ms(320), "{:?}", begun.elapsed());
    assert_eq!(ledger.count(1), 1);
}

/// Counts the calls of each key that have come to it.
#[derive(Default)]
struct Tally {
    calls: Mutex<BTreeMap<i128, u64>>,
}

#[sharded_module]
impl Tally {
    fn add(&self, state: &State) -> u64 {
        let key = state.key().as_integer().unwrap();
        let mut calls = self.calls.lock().unwrap();
        let count = calls.entry(key).or_default();
        *count += 1;
        *count
    }
}

#[tokio::test(start_paused = true)]
async fn s9_nothing_is_carried_over_to_the_new_owner_and_the_old_one_keeps_what_it_had() {
    let setup = |node: shard_runtime::NodeBuilder| node.module(Tally::default());
    let mut cluster = Cluster::of(3, setup).await.unwrap();
    let names = ["node-0", "node-1", "node-2"];
    let [two, three] = [Plan::new(names[..2].iter().copied()), Plan::new(names)];
    let moves = |key: &u64| three.owner(*key) == Some("node-2") && two.owner(*key) == Some("node-1");
    let key = (0..10_000).find(moves).unwrap();
    let shard = cluster.node(0).module::<Tally>().keyed_shard(key).unwrap();
    let mut counts = Vec::new();
    for _ in 0..3 {
        counts.push(shard.add(&State::new()).await.unwrap());
    }
    cluster.kill(2);
    cluster.settled().await;
    assert_eq!(shard.node().unwrap(), "node-1");
    for _ in 0..2 {
        counts.push(shard.add(&State::new()).await.unwrap());
    }
    cluster.restart(2, setup).await.unwrap();
    cluster.settled().await;
    assert_eq!(shard.node().unwrap(), "node-2");
    counts.push(shard.add(&State::new()).await.unwrap());
    let leaver = cluster.node(2).clone();
    leaver.drain().await;
    counts.push(shard.add(&State::new()).await.unwrap());
    assert_eq!(counts, [1, 2, 3, 1, 2, 1, 3]);
}
