//! When a node is done before its deadline, and what it still does then.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, Node, NotStarted, State};
use tokio::time::{Instant, sleep, sleep_until};

use crate::account::{Told, truthful};
use crate::ledger::{key_of, keyed, nodes, pinned};

async fn took(drain: impl Future<Output = ()>) -> u128 {
    let start = Instant::now();
    drain.await;
    start.elapsed().as_millis()
}

/// The time that it takes a node to drain that was last called so long ago.
async fn drains_in(deadline: u64, call: u64, pause: u64) -> u128 {
    let (cluster, _) = nodes(2, |node| node.drain_deadline(Duration::from_millis(deadline))).await;
    let shard = pinned(cluster.node(0), cluster.node(1));
    let begin = Instant::now();
    let call = tokio::spawn(async move { shard.work(&State::new(), 1, call).await });
    sleep(Duration::from_millis(pause)).await;
    let took = took(cluster.node(1).drain()).await;
    assert_eq!(call.await.unwrap(), Ok(1));
    println!("after {:?}: {took} ms", begin.elapsed());
    took
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_a_tenth_of_its_deadline_since_it_was_last_called() {
    for (deadline, call, pause, expected) in [
        (10_000, 0, 300, 700..=750),
        (10_000, 0, 1_000, 0..=50),
        (3_000, 0, 100, 200..=250),
        // The end of a call is the last that is known of its caller.
        (10_000, 4_000, 1_000, 4_000..=4_050),
    ] {
        let took = drains_in(deadline, call, pause).await;
        assert!(expected.contains(&took), "{took} ms, not {expected:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_does_not_wait_for_those_who_call_keys_or_for_itself() {
    let (cluster, ledger) = nodes(2, |node| node).await;
    assert!(took(cluster.node(0).drain()).await <= 50, "nobody has ever called it");
    let (cluster_2, _) = nodes(2, |node| node).await;
    let node = cluster_2.node(1);
    let state = State::new();
    let key = key_of(node);
    keyed(cluster_2.node(0), key).work(&state, 1, 0).await.unwrap();
    pinned(node, node).work(&state, 2, 0).await.unwrap();
    assert!(took(node.drain()).await <= 50);
    assert!(ledger.begun().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_waited_for_also_when_nobody_calls_any_more() {
    let (cluster, ledger) = nodes(2, |node| node).await;
    let node = cluster.node(1).clone();
    let key = key_of(&node);
    let (there, here) = (keyed(cluster.node(0), key), pinned(&node, &node));
    let there = tokio::spawn(async move { there.work(&State::new(), 1, 3_000).await });
    let here = tokio::spawn(async move { here.work(&State::new(), 2, 5_000).await });
    sleep(Duration::from_millis(10)).await;
    let took = took(node.drain()).await;
    assert!((4_980..=5_020).contains(&took), "{took} ms");
    assert_eq!((there.await.unwrap(), here.await.unwrap()), (Ok(1), Ok(2)));
    assert_eq!(ledger.run(1).on, ["node-1"], "it was not made again elsewhere");
}

#[tokio::test(start_paused = true)]
async fn a_drained_node_answers_until_the_deadline_and_then_leaves_quickly() {
    let (cluster, _) = nodes(2, |node| node).await;
    let (client, node) = (cluster.node(0), cluster.node(1));
    let shard = pinned(client, node);
    let state = State::new();
    let start = Instant::now();
    node.drain().await;
    assert!(start.elapsed() < Duration::from_millis(50));
    let mut id = 0;
    while start.elapsed() < Duration::from_millis(9_900) {
        id += 1;
        assert_eq!(shard.work(&state, id, 20).await, Ok(id));
        sleep(Duration::from_millis(70)).await;
    }
    sleep(Duration::from_millis(200)).await;
    let refused = shard.work(&state, 0, 0).await.unwrap_err();
    assert!(matches!(refused, CallError::NotStarted { reason: NotStarted::Draining, .. }), "{refused:?}");
    assert_eq!(client.members().len(), 2);
    let took = took(node.shutdown()).await;
    assert!(took <= 100, "{took} ms");
    assert_eq!(client.members().len(), 1);
    let gone = shard.work(&state, 0, 0).await.unwrap_err();
    assert!(matches!(gone, CallError::NotStarted { reason: NotStarted::BootGone, .. }), "{gone:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_again_waits_for_the_same_end() {
    let (cluster, _) = nodes(2, |node| node).await;
    let node = cluster.node(1).clone();
    let shard = pinned(cluster.node(0), &node);
    let call = tokio::spawn(async move { shard.work(&State::new(), 1, 3_000).await });
    sleep(Duration::from_millis(10)).await;
    let drain = |node: &Node| {
        let node = node.clone();
        tokio::spawn(async move { took(node.drain()).await })
    };
    let first = drain(&node);
    // It goes on also when nobody waits for it.
    let given_up = drain(&node);
    sleep(Duration::from_secs(1)).await;
    given_up.abort();
    let second = drain(&node);
    let both = {
        let node = node.clone();
        tokio::spawn(async move { took(node.shutdown()).await })
    };
    assert_eq!(call.await.unwrap(), Ok(1));
    let ends = [first.await.unwrap(), 1_000 + second.await.unwrap()];
    assert!(ends.iter().all(|end| (3_980..=4_050).contains(end)), "{ends:?}");
    let both = 1_000 + both.await.unwrap();
    assert!((3_980..=4_150).contains(&both), "{both} ms");
    assert!(took(node.drain()).await + took(node.shutdown()).await <= 5, "there is nothing to do any more");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_waits_for_what_it_has_asked_of_others_and_asks_no_more() {
    let (cluster, ledger) = nodes(3, |node| node).await;
    let leaving = cluster.node(2);
    let shard = pinned(leaving, cluster.node(0));
    let start = Instant::now();
    let load = join_all((0..300_u64).map(|id| {
        let shard = if id % 2 == 0 { shard.clone() } else { keyed(leaving, id) };
        async move {
            sleep_until(start + Duration::from_millis(id * 10)).await;
            Told { id, outcome: shard.work(&State::new(), id, id * 7 % 800).await }
        }
    }));
    let leave = async {
        sleep(Duration::from_secs(1)).await;
        leaving.shutdown().await;
        start.elapsed()
    };
    let (told, gone) = tokio::join!(load, leave);
    let ends = truthful(&told, &ledger);
    assert!(ends.ok >= 100 && ends.refused >= 100 && ends.cut == 0, "{ends:?}");
    assert!((1_100..3_000).contains(&gone.as_millis()), "{gone:?}");
}
