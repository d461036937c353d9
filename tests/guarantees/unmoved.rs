//! Sentence 5: a change delays and fails calls only for slots whose owner it changes.

use std::sync::Arc;

use futures::future::join_all;
use shard_runtime::State;
use shard_runtime::testing::Cluster;
use tokio::time::{Instant, sleep};

use crate::apart::{Change, unheard};
use crate::ledger::{Ledger, keyed, ms, nodes, restart};

#[tokio::test(start_paused = true)]
async fn s5_whoever_has_not_heard_of_a_drain_or_a_death_is_not_held_up_by_it() {
    for change in [Change::Drain, Change::Death] {
        for behind in [0, 1] {
            let (cluster, ledger) = unheard(change, behind).await;
            let shard = keyed(cluster.node(0), change.key("node-1", "node-1"));
            let begun = Instant::now();
            assert_eq!(shard.book(&State::new(), 1, 0).await.unwrap(), "node-1");
            assert!(begun.elapsed() < ms(2), "{change:?}, {behind}: {:?}", begun.elapsed());
            assert_eq!(ledger.count(1), 1);
        }
    }
}

/// Calls of keys that never move, from all three that stay, each millisecond for so long.
async fn load(cluster: &Cluster, ledger: &Ledger, keys: &[u64; 3], seconds: u64, first: u64) {
    let calls = (0..seconds * 1_000).map(|n| {
        let (id, key) = (first + n, keys[(n % 3) as usize]);
        let shard = keyed(cluster.node((n % 3) as usize), key);
        async move {
            sleep(ms(n)).await;
            let begun = Instant::now();
            let told = shard.book(&State::new(), id, 0).await;
            assert!(told.is_ok(), "{n} ms after the change: {told:?}");
            assert!(begun.elapsed() < ms(5), "{n} ms after the change: it took {:?}", begun.elapsed());
        }
    });
    join_all(calls).await;
    assert!((first..first + seconds * 1_000).all(|id| ledger.count(id) == 1));
}

#[tokio::test(start_paused = true)]
async fn s5_no_call_of_a_key_that_stays_fails_or_waits_while_another_node_dies_joins_and_drains() {
    let (mut cluster, ledger): (Cluster, Arc<Ledger>) = nodes(4).await;
    let keys = ["node-0", "node-1", "node-2"].map(|name| Change::Death.key(name, name));
    cluster.kill(3);
    load(&cluster, &ledger, &keys, 8, 0).await;
    cluster.settled().await;
    restart(&mut cluster, 3, &ledger).await;
    load(&cluster, &ledger, &keys, 3, 100_000).await;
    cluster.settled().await;
    let leaver = cluster.node(3).clone();
    tokio::spawn(async move { leaver.shutdown().await });
    load(&cluster, &ledger, &keys, 4, 200_000).await;
}
