//! Sentence 13: calls through one handle to one boot begin in the order in which they were made.

use futures::future::join_all;
use shard_runtime::State;
use tokio::time::sleep;

use crate::apart::{Change, unheard};
use crate::ledger::{Ledger, LedgerShard, keyed, ms, nodes, pinned, restart};

/// Makes calls, one after another, two hundred each millisecond, and waits for them all.
async fn burst(shard: &LedgerShard, ids: std::ops::Range<u64>) {
    let mut answers = Vec::new();
    for id in ids {
        let shard = shard.clone();
        let mut call = Box::pin(async move { shard.book(&State::new(), id, 0).await });
        let polled = futures::poll!(call.as_mut());
        assert!(polled.is_pending(), "it was sent over a link: {polled:?}");
        answers.push(tokio::spawn(call));
        if id % 200 == 0 {
            sleep(ms(1)).await;
        }
    }
    for answer in join_all(answers).await {
        answer.unwrap().unwrap();
    }
}

fn in_order(ledger: &Ledger, count: u64) {
    let ids: Vec<u64> = ledger.runs().iter().map(|run| run.id).collect();
    assert!(ids.iter().copied().eq(0..count), "each once, in order: {ids:?}");
}

#[tokio::test(start_paused = true)]
async fn s13_calls_of_a_pinned_shard_begin_in_order_while_views_change() {
    let (mut cluster, ledger) = nodes(4).await;
    let shard = pinned(cluster.node(0), cluster.node(1));
    let flow = async { burst(&shard, 0..20_000).await };
    let changes = async {
        cluster.hold_news(1);
        sleep(ms(20)).await;
        cluster.kill(3);
        sleep(ms(20)).await;
        restart(&mut cluster, 3, &ledger).await;
        sleep(ms(20)).await;
        cluster.release_news(1);
        cluster.hold_news(0);
        let leaver = cluster.node(2).clone();
        leaver.shutdown().await;
    };
    tokio::join!(flow, changes);
    in_order(&ledger, 20_000);
}

#[tokio::test(start_paused = true)]
async fn s13_calls_of_a_keyed_shard_to_an_owner_that_stays_begin_in_order_whoever_has_not_heard() {
    for change in [Change::Join, Change::Drain, Change::Death] {
        for behind in [0, 1] {
            let (cluster, ledger) = unheard(change, behind).await;
            let shard = keyed(cluster.node(0), change.key("node-1", "node-1"));
            burst(&shard, 0..500).await;
            in_order(&ledger, 500);
        }
    }
}
