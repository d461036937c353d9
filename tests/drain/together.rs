//! Two of five nodes that drain at once.

use std::time::Duration;

use futures::future::{join, join_all};
use shard_runtime::State;
use tokio::time::{Instant, sleep_until};

use crate::account::{Ends, Told, truthful};
use crate::ledger::{keyed, nodes, pinned};

#[tokio::test(start_paused = true)]
async fn two_nodes_that_drain_at_once_lose_nothing() {
    let (cluster, ledger) = nodes(5, |node| node).await;
    for (one, other) in [(0, 3), (0, 4), (1, 3), (2, 4), (3, 4)] {
        cluster.delay(one, other, Duration::from_millis(10));
    }
    let sessions: Vec<_> = cluster
        .nodes()
        .flat_map(|from| [pinned(from, cluster.node(3)), pinned(from, cluster.node(4))])
        .collect();
    let start = Instant::now();
    // Every fourth call is one of a session, and takes up to 8 s, but ends before the deadline at 11 s.
    let load = join_all((0..4_000_u64).map(|id| {
        let session = &sessions[(id / 4 % 10) as usize];
        let caller = cluster.node((id % 5) as usize);
        async move {
            let begin = id * 2;
            sleep_until(start + Duration::from_millis(begin)).await;
            let outcome = if id % 4 == 0 {
                session.work(&State::new(), id, (id * 7 % 8_001).min(10_900 - begin)).await
            } else {
                keyed(caller, id).work(&State::new(), id, id % 30).await
            };
            Told { id, outcome }
        }
    }));
    let leave = join_all([(3, 1_000), (4, 1_005)].map(|(index, at)| {
        let node = cluster.node(index);
        async move {
            sleep_until(start + Duration::from_millis(at)).await;
            node.drain().await;
            node.shutdown().await;
            start.elapsed()
        }
    }));
    let (told, gone) = join(load, leave).await;
    assert_eq!(truthful(&told, &ledger), Ends { ok: 4_000, ..Ends::default() });
    assert!(gone.iter().all(|gone| *gone < Duration::from_secs(12)), "{gone:?}");
    for id in (2_000..4_000).filter(|id| id % 4 != 0) {
        let on = ledger.run(id).on;
        assert!(on[0] != "node-3" && on[0] != "node-4", "{id}: {on:?}");
    }
    assert_eq!(cluster.node(0).members().len(), 3);
}
