//! Pinned calls go on until the deadline, and not beyond it.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, Error, MemberState, Node, NotStarted, State, Unknown, sharded_module};
use tokio::time::{Instant, sleep, sleep_until};

use crate::account::{Ends, Told, truthful};
use crate::ledger::{Ledger, LedgerShard, key_of, keyed, nodes, pinned};

/// Nothing that is to be told apart happens within this time of the deadline.
const MARGIN: u64 = 50;

#[tokio::test(start_paused = true)]
async fn calls_that_end_before_the_deadline_are_never_lost_and_no_other_goes_on() {
    let (cluster, ledger) = nodes(3, |node| node).await;
    let shards: Vec<_> = cluster.nodes().map(|from| pinned(from, cluster.node(2))).collect();
    // It drains from 2 s to 12 s. Calls of 0 to 8 s begin all the time, also on the node itself.
    let (drains_at, deadline) = (2_000, 12_000);
    let calls: Vec<(u64, u64, u64)> = (0..650)
        .map(|id| (id, id * 20, id * 977 % 8_001))
        .filter(|(_, begin, millis)| {
            let clear = |moment: u64| moment.abs_diff(deadline) > MARGIN;
            clear(*begin) && clear(begin + millis)
        })
        .collect();
    let start = Instant::now();
    let load = join_all(calls.iter().map(|&(id, begin, millis)| {
        let shard = &shards[(id % 3) as usize];
        async move {
            sleep_until(start + Duration::from_millis(begin)).await;
            Told { id, outcome: shard.work(&State::new(), id, millis).await }
        }
    }));
    let drain = async {
        sleep_until(start + Duration::from_millis(drains_at)).await;
        cluster.node(2).drain().await;
        start.elapsed()
    };
    let (told, drained) = tokio::join!(load, drain);
    assert!(
        drained.as_millis().abs_diff(u128::from(deadline)) < 20,
        "it was called all the time: {drained:?}"
    );
    let mut expected = Ends::default();
    for (told, (id, begin, millis)) in told.iter().zip(calls) {
        assert_eq!(told.id, id);
        if begin > deadline {
            assert!(told.outcome.as_ref().is_err_and(CallError::is_not_started), "{told:?}");
            expected.refused += 1;
        } else if begin + millis > deadline {
            assert!(told.outcome.is_err(), "{told:?}");
            expected.cut += 1;
        } else {
            assert_eq!(told.outcome, Ok(id));
            expected.ok += 1;
        }
    }
    assert_eq!(truthful(&told, &ledger), expected);
    assert!(expected.ok > 350 && expected.refused > 40 && expected.cut > 100, "{expected:?}");
}

#[tokio::test(start_paused = true)]
async fn the_one_call_that_outlasts_the_deadline_is_the_one_that_is_cut() {
    let (cluster, ledger) = nodes(2, |node| node.drain_deadline(Duration::from_secs(2))).await;
    let shard = pinned(cluster.node(0), cluster.node(1));
    let call = |id: u64, millis: u64| {
        let shard = &shard;
        async move { Told { id, outcome: shard.work(&State::new(), id, millis).await } }
    };
    let (first, second, third, drained) =
        tokio::join!(call(1, 1_950), call(2, 2_050), call(3, 10), cluster.node(1).drain());
    let () = drained;
    assert_eq!(truthful(&[first, second, third], &ledger), Ends { ok: 2, refused: 0, cut: 1 });
    assert!(matches!(
        shard.work(&State::new(), 4, 0).await,
        Err(CallError::NotStarted { reason: NotStarted::Draining, .. })
    ));
    assert!(cluster.node(0).view().get("node-1").is_some(), "it is still there, and says so");
}

#[tokio::test(start_paused = true)]
async fn broadcasts_reach_a_node_that_drains() {
    let (cluster, _) = nodes(3, |node| node).await;
    let call = pinned(cluster.node(0), cluster.node(2));
    let call = tokio::spawn(async move { call.work(&State::new(), 1, 5_000).await });
    sleep(Duration::from_millis(10)).await;
    let draining = cluster.node(2).clone();
    let drain = tokio::spawn(async move { draining.drain().await });
    sleep(Duration::from_secs(1)).await;
    let everybody = cluster.node(1).module::<Ledger>().create_broadcast();
    assert_eq!(everybody.name(&State::new()).await.values.len(), 3);
    let own = cluster.node(2).module::<Ledger>().create_broadcast();
    assert_eq!(own.name(&State::new()).await.values.len(), 3);
    drain.await.unwrap();
    assert_eq!(call.await.unwrap(), Ok(1));
    sleep(Duration::from_secs(10)).await;
    assert_eq!(everybody.name(&State::new()).await.errors.len(), 1, "the deadline has passed");
}

#[tokio::test(start_paused = true)]
async fn what_handlers_begin_they_can_finish() {
    let (cluster, ledger) = nodes(3, |node| node).await;
    let (leaving, staying) = (cluster.node(2), cluster.node(0));
    let to_leaving = pinned(staying, leaving);
    let state = State::new();
    let key = key_of(leaving);
    let around = pinned(staying, cluster.node(1));
    let tokens = [
        // To itself, there and back, and to a key that was its own.
        shard_runtime::Shard::token(&pinned(leaving, leaving)).mint(),
        shard_runtime::Shard::token(&keyed(staying, key)).mint(),
    ];
    let back = shard_runtime::Shard::token(&to_leaving).mint();
    let calls = async {
        tokio::join!(
            to_leaving.call_on(&state, 10, 1_000, tokens[0].clone()),
            to_leaving.call_on(&state, 20, 1_000, tokens[1].clone()),
            around.call_on(&state, 30, 1_000, back),
            to_leaving.call_home(&state, 40, 1_000),
        )
    };
    let drain = async {
        sleep(Duration::from_millis(500)).await;
        leaving.drain().await;
    };
    let (calls, ()) = tokio::join!(calls, drain);
    assert_eq!(calls, (Ok(10), Ok(20), Ok(30), Ok(40)));
    assert_eq!(ledger.run(11).on, ["node-2"]);
    assert_eq!(ledger.run(31).on, ["node-2"]);
    assert_eq!(ledger.run(41).on, ["node-2"]);
    let moved = ledger.run(21).on;
    assert!(moved.len() == 1 && moved[0] != "node-2", "the key has another owner: {moved:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_new_is_placed_on_a_node_that_drains() {
    let (cluster, _) = nodes(3, |node| node).await;
    let state = State::new();
    cluster.node(2).drain().await;
    // News take a moment to arrive.
    sleep(Duration::from_millis(10)).await;
    let local = cluster.node(2).module::<Ledger>().local_shard();
    assert!(matches!(local, Err(Error::Draining)), "{local:?}");
    for node in cluster.nodes() {
        let member = node.view().get("node-2").map(|member| member.state);
        assert_eq!(member, Some(MemberState::Draining), "on {}", node.name());
        for key in 0..100 {
            let shard: LedgerShard = node.module::<Ledger>().create_shard(key).unwrap();
            assert_ne!(shard.name(&state).await.unwrap(), "node-2");
        }
    }
}

/// A module that takes too long to stop.
struct Sluggish;

#[sharded_module]
impl Sluggish {
    async fn on_stop(&self, _node: &Node) {
        sleep(Duration::from_secs(3_600)).await;
    }
}

/// Another one.
mod other {
    use shard_runtime::{Node, sharded_module};

    pub(super) struct Sluggish;

    #[sharded_module(name = "Other")]
    impl Sluggish {
        async fn on_stop(&self, _node: &Node) {
            std::future::pending::<()>().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_is_gone_in_15_s_whoever_holds_it_up() {
    let (cluster, ledger) = nodes(3, |node| node.module(Sluggish).module(other::Sluggish)).await;
    let shard = pinned(cluster.node(0), cluster.node(2));
    let stuck = tokio::spawn(async move { shard.work(&State::new(), 1, 50_000).await });
    sleep(Duration::from_millis(10)).await;
    // And one of them does not answer its goodbye.
    cluster.cut(1, 2);
    let start = Instant::now();
    cluster.node(2).shutdown().await;
    let took = start.elapsed();
    assert!((13_000..=15_000).contains(&took.as_millis()), "{took:?}");
    let told = Told { id: 1, outcome: stuck.await.unwrap() };
    assert!(matches!(&told.outcome, Err(CallError::Unknown { reason: Unknown::Stopped, .. })), "{told:?}");
    assert_eq!(truthful(&[told], &ledger).cut, 1);
}

#[tokio::test(start_paused = true)]
async fn what_began_at_the_last_moment_is_finished_too() {
    let (cluster, ledger) = nodes(2, |node| node).await;
    let (client, leaving) = (cluster.node(0), cluster.node(1));
    let shard = pinned(client, leaving);
    let state = State::new();
    // Nobody has called it, so it is done at once; and then somebody does, before it is shut down.
    leaving.drain().await;
    let call = shard.call_home(&state, 1, 700);
    let leave = async {
        sleep(Duration::from_millis(100)).await;
        let refused = async {
            sleep(Duration::from_millis(100)).await;
            shard.work(&state, 3, 0).await.unwrap_err()
        };
        let ((), refused) = tokio::join!(leaving.shutdown(), refused);
        assert!(matches!(refused, CallError::NotStarted { reason: NotStarted::Draining, .. }), "{refused:?}");
    };
    let (call, ()) = tokio::join!(call, leave);
    assert_eq!(call, Ok(1));
    assert_eq!((ledger.run(1).ended, ledger.run(2).ended, ledger.run(3).on.len()), (1, 1, 0));
}
