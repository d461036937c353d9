//! A join under load makes no storm of view syncs.

use std::sync::Arc;

use futures::future::join_all;
use shard_runtime::{Node, State};
use tokio::time::sleep;

use crate::ledger::{keyed, ms, nodes, restart};

#[tokio::test(start_paused = true)]
async fn a_node_that_joins_under_2_000_calls_a_second_costs_few_view_syncs() {
    let (mut cluster, ledger) = nodes(6).await;
    cluster.kill(5);
    cluster.settled().await;
    let callers: Vec<Node> = (0..5).map(|index| cluster.node(index).clone()).collect();
    let before: u64 = callers.iter().map(Node::view_syncs).sum();
    let load = (0..6_000_u64).map(|id| {
        let shard = keyed(&callers[(id % 5) as usize], id);
        async move {
            sleep(std::time::Duration::from_micros(id * 500)).await;
            shard.book(&State::new(), id, 0).await
        }
    });
    let join = async {
        sleep(ms(500)).await;
        restart(&mut cluster, 5, &Arc::clone(&ledger)).await;
        cluster.node(5).ready().await.unwrap();
    };
    let (ends, ()) = tokio::join!(join_all(load), join);
    assert!(ends.iter().all(Result::is_ok), "{:?}", ends.iter().find(|end| end.is_err()));
    assert!((0..6_000).all(|id| ledger.count(id) == 1));
    let there = ends.iter().filter(|end| end.as_deref() == Ok("node-5")).count();
    assert!(there > 200, "it has got its share: {there}");
    let syncs = cluster.nodes().map(Node::view_syncs).sum::<u64>() - before;
    println!("{syncs} view syncs for 6,000 calls in 3 s and one join");
    // It joins, and becomes active: two changes, and for each of them one from each end of each of 15 links at most.
    assert!(syncs <= 2 * 2 * 15, "{syncs}");
}
