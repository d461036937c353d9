//! Calls of keyed shards go to the next owner, and their callers do not notice.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::State;
use tokio::time::{Instant, sleep, sleep_until};

use crate::account::{Ends, Told, truthful};
use crate::ledger::{key_of, keyed, nodes};

#[tokio::test(start_paused = true)]
async fn a_drain_loses_no_keyed_call_whoever_makes_it() {
    let (cluster, ledger) = nodes(3, |node| node).await;
    // News take their time, so that calls still come to a node that takes no more of them.
    cluster.delay(0, 2, Duration::from_millis(20));
    cluster.delay(1, 2, Duration::from_millis(35));
    let start = Instant::now();
    let load = join_all((0..2_000_u64).map(|id| {
        // Also by the node that drains.
        let node = cluster.node((id % 3) as usize);
        async move {
            sleep_until(start + Duration::from_millis(id)).await;
            Told { id, outcome: keyed(node, id).work(&State::new(), id, id % 40).await }
        }
    }));
    let drain = async {
        sleep_until(start + Duration::from_secs(1)).await;
        cluster.node(2).drain().await;
        start.elapsed()
    };
    let (told, drained) = tokio::join!(load, drain);
    assert_eq!(truthful(&told, &ledger), Ends { ok: 2_000, ..Ends::default() });
    assert!(drained < Duration::from_millis(1_200), "keyed calls do not hold it up: {drained:?}");
    let there = |id: &u64| ledger.run(*id).on == ["node-2"];
    let (before, after) = ((0..1_000).filter(there).count(), (1_100..2_000).filter(there).count());
    assert!(before > 250 && after == 0, "{before} before, {after} after");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_refused_knows_the_next_owner_already() {
    let (cluster, ledger) = nodes(3, |node| node).await;
    cluster.delay(0, 2, Duration::from_millis(50));
    let shard = keyed(cluster.node(0), key_of(cluster.node(2)));
    let state = State::new();
    let start = Instant::now();
    let (outcome, ()) = tokio::join!(shard.work(&state, 1, 0), async {
        sleep(Duration::from_millis(20)).await;
        cluster.node(2).drain().await;
    });
    let took = start.elapsed();
    assert_eq!(truthful(&[Told { id: 1, outcome }], &ledger).ok, 1);
    assert_ne!(ledger.run(1).on, ["node-2"]);
    // There and back; whoever had to wait for the announcement would have paused for 10 ms.
    assert!((100..108).contains(&took.as_millis()), "{took:?}");
}
