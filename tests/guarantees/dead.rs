//! Sentence 14: calls that wait for a node fail when it is declared dead, not at their deadline.

use shard_runtime::{CallError, Node, State, Unknown};
use tokio::time::{Instant, sleep};

use crate::ledger::{ms, nodes, pinned, until};

#[tokio::test(start_paused = true)]
async fn s14_calls_to_a_node_that_is_declared_dead_end_then_though_its_link_is_alive() {
    let (cluster, ledger) = nodes(4).await;
    let (caller, silent) = (cluster.node(0), cluster.node(3));
    let waiting = |from: &Node, to: &Node, id: u64| {
        let shard = pinned(from, to);
        tokio::spawn(async move { (shard.book(&State::new(), id, 50_000).await, Instant::now()) })
    };
    let there = [waiting(caller, silent, 1), waiting(cluster.node(1), silent, 2)];
    // From the one that is given up, too: it is cut off by those who hold it for dead.
    let back = waiting(silent, caller, 3);
    sleep(ms(10)).await;
    // It answers on links for calls, and to no probe of the gossip.
    let boot = silent.boot();
    cluster.hold_news(3);
    let begun = Instant::now();
    let gone = |node: &Node| node.view().members().iter().all(|member| member.boot != boot);
    let mut declared = [None; 2];
    while declared.contains(&None) {
        for (index, declared) in declared.iter_mut().enumerate() {
            if declared.is_none() && gone(cluster.node(index)) {
                *declared = Some(Instant::now());
            }
        }
        sleep(ms(1)).await;
    }
    let declared = declared.map(Option::unwrap);
    assert!((ms(3_000)..ms(10_000)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    for (call, declared) in there.into_iter().zip(declared) {
        let (outcome, ended) = call.await.unwrap();
        assert!(
            matches!(outcome, Err(CallError::Unknown { reason: Unknown::ConnectionLost, .. })),
            "{outcome:?}"
        );
        // Sooner, if the silent node has given the caller up first, and closed the link.
        let late = ended.saturating_duration_since(declared);
        assert!(late <= ms(5), "{late:?} after it was declared");
    }
    let (outcome, ended) = back.await.unwrap();
    assert!(outcome.is_err_and(|error| !error.is_not_started()));
    assert!(ended < declared[0] + ms(5));
    assert!((1..=3).all(|id| ledger.count(id) == 1));
}

#[tokio::test(start_paused = true)]
async fn s14_calls_over_a_hanging_link_end_within_4_s_and_those_beside_it_go_on() {
    let (cluster, _) = nodes(3).await;
    let shard = pinned(cluster.node(0), cluster.node(2));
    let call = tokio::spawn(async move { (shard.book(&State::new(), 1, 50_000).await, Instant::now()) });
    sleep(ms(10)).await;
    cluster.cut(0, 2);
    let cut = Instant::now();
    let beside = pinned(cluster.node(0), cluster.node(1));
    let beside = tokio::spawn(async move { beside.book(&State::new(), 2, 20_000).await });
    let (outcome, ended) = call.await.unwrap();
    assert!(
        matches!(outcome, Err(CallError::Unknown { reason: Unknown::ConnectionLost, .. })),
        "{outcome:?}"
    );
    assert!(ended - cut <= ms(4_000), "{:?}", ended - cut);
    // The third reaches both, so that both stay members for each other.
    for _ in 0..200 {
        assert_eq!([0, 1, 2].map(|index| cluster.node(index).members().len()), [3; 3]);
        sleep(ms(100)).await;
    }
    assert_eq!(beside.await.unwrap().unwrap(), "node-1", "calls to others go on");
    cluster.heal(0, 2);
    let limit = ms(10_000);
    until(limit, "all is well again", || cluster.nodes().all(|node| node.members().len() == 3)).await;
}
