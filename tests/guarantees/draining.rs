//! Sentence 15 with views apart: a drain that somebody has not heard of, and one who drains and has not heard.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, Error, MemberState, NotStarted, Shard as _, State};
use tokio::time::{Instant, sleep};

use crate::ledger::{Ledger, keyed, ms, nodes, pinned, restart, until};

#[tokio::test(start_paused = true)]
async fn s15_callers_that_have_not_heard_of_a_drain_lose_nothing() {
    // Each of the others in turn is told late, over links for calls too, and is caller and new owner alike.
    for behind in [0, 1] {
        let (cluster, ledger) = nodes(3).await;
        cluster.delay(behind, 2, ms(300));
        cluster.hold_news(behind);
        let begun = Instant::now();
        let calls = (0..1_500_u64).map(|id| {
            let shard = keyed(cluster.node((id % 2) as usize), id);
            async move {
                sleep(ms(id)).await;
                (id, shard.book(&State::new(), id, id % 50).await)
            }
        });
        let drain = async {
            sleep(ms(200)).await;
            cluster.node(2).shutdown().await;
            begun.elapsed()
        };
        let (ends, took) = tokio::join!(join_all(calls), drain);
        for (id, end) in ends {
            assert!(end.is_ok(), "behind {behind}, call {id}: {end:?}");
            assert_eq!(ledger.count(id), 1);
        }
        let last = ledger.runs().iter().filter(|run| run.on == "node-2").map(|run| run.id).max();
        println!("{behind} behind: node-2 ran calls up to {last:?}, and was gone after {took:?}");
        assert!(took < Duration::from_secs(15));
    }
}

#[tokio::test(start_paused = true)]
async fn s15_a_drain_refuses_keyed_calls_of_those_who_have_not_heard_and_serves_their_pinned_ones() {
    let (cluster, ledger) = nodes(3).await;
    let shard = pinned(cluster.node(0), cluster.node(2));
    let key = (0..1_000).find(|key| keyed(cluster.node(0), *key).node().unwrap() == "node-2").unwrap();
    let follows = keyed(cluster.node(0), key);
    cluster.delay(0, 2, ms(300));
    cluster.hold_news(0);
    let leaver = cluster.node(2).clone();
    let drain = tokio::spawn(async move { leaver.drain().await });
    sleep(ms(1)).await;
    let state = || cluster.node(0).view().get("node-2").map(|member| member.state);
    assert_eq!(state(), Some(MemberState::Active), "it has not heard");
    let hasty = State::new().with_deadline(Instant::now() + ms(605));
    let (calm, keyed) = (State::new(), follows.book(&hasty, 1, 0));
    let (pinned, keyed) = tokio::join!(shard.book(&calm, 2, 1_500), keyed);
    assert_eq!(pinned.unwrap(), "node-2", "begun after the drain, and not lost");
    // It has just the time to learn that it was refused, and to make the call of the new owner.
    match keyed {
        Ok(there) => assert_ne!(there, "node-2"),
        Err(error) => {
            let draining = matches!(error, CallError::NotStarted { reason: NotStarted::Draining, .. });
            assert!(draining, "{error}");
        }
    }
    assert_eq!(state(), Some(MemberState::Draining));
    assert!(ledger.runs().iter().all(|run| run.id != 1 || run.on != "node-2"));
    drain.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn s15_one_that_drains_and_has_not_heard_of_a_newcomer_sends_its_own_calls_on_to_it() {
    let (mut cluster, ledger) = nodes(4).await;
    cluster.kill(3);
    cluster.settled().await;
    cluster.hold_news(2);
    restart(&mut cluster, 3, &ledger).await;
    let heard = || [0, 1].iter().all(|index| cluster.node(*index).view().active_hosts("Ledger").count() == 4);
    until(ms(3_000), "the others have heard of it", heard).await;
    let leaver = cluster.node(2);
    assert_eq!(leaver.view().active_hosts("Ledger").count(), 3);
    let begins = tokio::spawn({
        let leaver = leaver.clone();
        async move { leaver.drain().await }
    });
    sleep(ms(1)).await;
    assert!(matches!(leaver.module::<Ledger>().local_shard(), Err(Error::Draining)));
    let mut there = std::collections::BTreeMap::<String, u64>::new();
    for id in 0..300 {
        let node = keyed(leaver, id).book(&State::new(), id, 0).await.unwrap();
        *there.entry(node).or_default() += 1;
        assert_eq!(ledger.count(id), 1);
    }
    assert!(there.keys().map(String::as_str).eq(["node-0", "node-1", "node-3"]), "{there:?}");
    begins.await.unwrap();
}
