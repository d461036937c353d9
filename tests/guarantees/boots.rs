//! Sentence 10: a pinned shard names one boot of one node. And what becomes of a boot of which a node has not heard.

use std::sync::Arc;

use shard_runtime::testing::Cluster;
use shard_runtime::{Boot, CallError, Node, NotStarted, Shard as _, ShardToken, State, Unknown};
use tokio::time::{Instant, advance, sleep};

use crate::apart::{Change, unheard};
use crate::ledger::{Ledger, LedgerShard, ms, nodes, pinned, restart, until};

/// A token of a node's present boot.
fn token(node: &Node) -> ShardToken {
    node.module::<Ledger>().local_shard().unwrap().token().mint()
}

fn of_token(node: &Node, token: &ShardToken) -> LedgerShard {
    node.module::<Ledger>().get_shard(token).unwrap()
}

/// Calls, and returns what came of it and how long that took.
async fn timed(shard: &LedgerShard, id: u64) -> (Result<String, CallError>, std::time::Duration) {
    let begun = Instant::now();
    (shard.book(&State::new(), id, 0).await, begun.elapsed())
}

fn is_gone(outcome: &Result<String, CallError>) -> bool {
    matches!(outcome, Err(CallError::NotStarted { reason: NotStarted::BootGone, .. }))
}

#[tokio::test(start_paused = true)]
async fn s10_a_boot_that_is_gone_is_never_run_by_the_next_one_whoever_has_heard_of_that() {
    let (mut cluster, ledger) = nodes(4).await;
    let old = cluster.node(3).boot();
    let shards = [0, 1, 2].map(|from| pinned(cluster.node(from), cluster.node(3)));
    let stuck = shards[1].clone();
    let stuck = tokio::spawn(async move { stuck.book(&State::new(), 1, 60_000).await });
    sleep(ms(10)).await;
    // One does not hear that it died, nor that it is back, under the same name at the same address.
    cluster.hold_news(0);
    cluster.kill(3);
    restart(&mut cluster, 3, &ledger).await;
    let killed = Instant::now();
    let outcome = stuck.await.unwrap();
    assert!(
        matches!(outcome, Err(CallError::Unknown { reason: Unknown::ConnectionLost, .. })),
        "{outcome:?}"
    );
    assert!(killed.elapsed() < ms(200), "what is in flight ends at once: {:?}", killed.elapsed());
    let seen = |index: usize| cluster.node(index).view().get("node-3").map(|member| member.boot);
    let new = cluster.node(3).boot();
    while !(seen(1) == Some(new) && seen(2) == Some(new)) {
        sleep(ms(1)).await;
    }
    assert_eq!(seen(0), Some(old), "the views differ");
    for (from, shard) in shards.iter().enumerate() {
        let (outcome, took) = timed(shard, 10 + from as u64).await;
        assert!(outcome.as_ref().is_err_and(CallError::is_not_started), "{from}: {outcome:?}");
        assert_eq!(is_gone(&outcome), from != 0, "who has heard of it says so: {outcome:?}");
        assert!(took < ms(2), "{from}: {took:?}");
    }
    cluster.release_news(0);
    cluster.settled().await;
    for (from, shard) in shards.iter().enumerate() {
        let (outcome, took) = timed(shard, 20 + from as u64).await;
        assert!(is_gone(&outcome) && took < ms(2), "{from}: {took:?}, {outcome:?}");
    }
    assert!(ledger.runs().iter().all(|run| run.id == 1 && run.boot == old));
    assert_ne!(old, new);
}

#[tokio::test(start_paused = true)]
async fn s10_after_a_pause_of_2_5_s_nothing_runs_under_the_boot_before_it_whoever_has_not_heard() {
    let (cluster, ledger) = nodes(3).await;
    let shards: Vec<_> = (0..3).map(|from| pinned(cluster.node(from), cluster.node(2))).collect();
    let boots: Vec<Boot> = cluster.nodes().map(Node::boot).collect();
    cluster.delay(0, 2, ms(20));
    // It is on its way while the process stands still.
    let call = shards[0].clone();
    let call = tokio::spawn(async move { call.book(&State::new(), 1, 0).await });
    sleep(ms(5)).await;
    advance(ms(2_600)).await;
    let outcome = call.await.unwrap();
    assert!(outcome.is_err(), "{outcome:?}");
    sleep(ms(200)).await;
    assert!(cluster.nodes().zip(&boots).all(|(node, old)| node.boot() != *old), "all stood still");
    for (from, shard) in shards.iter().enumerate() {
        let (outcome, took) = timed(shard, 10 + from as u64).await;
        // Gone, or there is no link yet to find that out.
        let refused = outcome.as_ref().is_err_and(CallError::is_not_started);
        assert!(refused && took < ms(2), "{from}: {took:?}, {outcome:?}");
    }
    cluster.settled().await;
    for (from, shard) in shards.iter().enumerate() {
        assert!(is_gone(&timed(shard, 20 + from as u64).await.0), "{from}");
    }
    assert_eq!(ledger.runs(), [], "nothing ran under the old boots, nor instead of them under the new ones");
}

#[tokio::test(start_paused = true)]
async fn s10_a_pinned_call_goes_to_its_node_while_caller_or_callee_have_not_heard_of_another_change() {
    for change in [Change::Join, Change::Drain, Change::Death] {
        for behind in [0, 1] {
            let (cluster, ledger) = unheard(change, behind).await;
            let begun = Instant::now();
            let there = pinned(cluster.node(0), cluster.node(1)).book(&State::new(), 1, 0).await;
            assert_eq!((there.unwrap().as_str(), ledger.count(1)), ("node-1", 1), "{change:?}, {behind}");
            assert!(begun.elapsed() < ms(2));
        }
    }
}

fn syncs(cluster: &Cluster) -> u64 {
    cluster.nodes().map(Node::view_syncs).sum()
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_faster_than_the_news_of_its_node_costs_one_view_sync() {
    let (mut cluster, ledger) = nodes(4).await;
    cluster.kill(3);
    cluster.settled().await;
    cluster.hold_news(0);
    restart(&mut cluster, 3, &ledger).await;
    let boot = cluster.node(3).boot();
    let knows = |index: usize| cluster.node(index).members().iter().any(|member| member.boot == boot);
    until(ms(1_000), "the others have heard of it", || knows(1) && knows(2)).await;
    assert!(!knows(0));
    let shard = of_token(cluster.node(0), &token(cluster.node(3)));
    let (outcome, took) = timed(&shard, 1).await;
    assert_eq!(outcome.unwrap(), "node-3");
    assert!(took < ms(500), "{took:?}");
    // It asks three at most, and they tell.
    let asked = cluster.node(0).view_syncs();
    assert!((1..=3).contains(&asked) && syncs(&cluster) <= 2 * asked, "{asked}, {}", syncs(&cluster));
    let (outcome, took) = timed(&shard, 2).await;
    assert!(outcome.is_ok() && took < ms(2), "{took:?}, {outcome:?}");
    assert_eq!((ledger.count(1), ledger.count(2)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_caller_that_nobody_told_of_is_taken_by_the_node_that_has_not_heard_either() {
    // The other way round: the node that the token names has not heard of a third, and is asked by it.
    let (cluster, ledger) = unheard(Change::Join, 1).await;
    let shard = of_token(cluster.node(3), &token(cluster.node(1)));
    let (outcome, took) = timed(&shard, 1).await;
    assert_eq!(outcome.unwrap(), "node-1");
    assert!(took < ms(500), "{took:?}");
    assert_eq!(ledger.count(1), 1);
}

/// A token of a boot of the fourth node, which is down before and afterwards, of which nobody else ever hears.
async fn unheard_of(cluster: &mut Cluster, ledger: &Arc<Ledger>) -> ShardToken {
    (0..3).for_each(|index| cluster.cut(index, 3));
    restart(cluster, 3, ledger).await;
    let token = token(cluster.node(3));
    cluster.kill(3);
    (0..3).for_each(|index| cluster.heal(index, 3));
    token
}

#[tokio::test(start_paused = true)]
async fn a_boot_that_nobody_knows_is_asked_for_once_and_then_fails_at_once() {
    let (mut cluster, ledger) = nodes(4).await;
    cluster.kill(3);
    cluster.settled().await;
    let token = unheard_of(&mut cluster, &ledger).await;
    let shard = of_token(cluster.node(0), &token);
    let (outcome, took) = timed(&shard, 1).await;
    assert!(is_gone(&outcome), "{outcome:?}");
    assert!(took <= ms(510), "{took:?}");
    let asked = syncs(&cluster);
    assert!((1..=6).contains(&asked), "it has asked: {asked}");
    for id in 2..50 {
        let (outcome, took) = timed(&shard, id).await;
        assert!(is_gone(&outcome) && took.is_zero(), "{took:?}, {outcome:?}");
    }
    assert_eq!(syncs(&cluster), asked, "once");
    sleep(ms(5_001)).await;
    assert!(is_gone(&timed(&shard, 50).await.0));
    assert!(syncs(&cluster) > asked, "it may have come meanwhile, so it is asked for again");
    assert_eq!(ledger.runs(), []);
}

#[tokio::test(start_paused = true)]
async fn a_boot_of_which_nobody_answers_costs_half_a_second_once() {
    let (mut cluster, ledger) = nodes(4).await;
    cluster.kill(3);
    cluster.settled().await;
    let token = unheard_of(&mut cluster, &ledger).await;
    let shard = of_token(cluster.node(0), &token);
    (1..3).for_each(|index| cluster.cut(0, index));
    let (outcome, took) = timed(&shard, 1).await;
    assert!(is_gone(&outcome) && (ms(490)..=ms(510)).contains(&took), "{took:?}, {outcome:?}");
    let (outcome, took) = timed(&shard, 2).await;
    assert!(is_gone(&outcome) && took.is_zero(), "{took:?}, {outcome:?}");
    assert_eq!(ledger.runs(), []);
}

#[tokio::test(start_paused = true)]
async fn a_boot_that_was_a_member_and_has_left_fails_at_once_and_nobody_is_asked() {
    let (mut cluster, ledger) = nodes(4).await;
    let [died, left] = [token(cluster.node(3)), token(cluster.node(2))];
    cluster.kill(3);
    let leaver = cluster.node(2).clone();
    leaver.shutdown().await;
    cluster.kill(2);
    cluster.settled().await;
    for (id, token) in [(1, &died), (2, &left)] {
        for from in [0, 1] {
            let (outcome, took) = timed(&of_token(cluster.node(from), token), id).await;
            assert!(is_gone(&outcome) && took.is_zero(), "{from}: {took:?}, {outcome:?}");
        }
    }
    assert_eq!(syncs(&cluster), 0);
    assert_eq!(ledger.runs(), []);
}
