//! A node dies without a word.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, NotStarted, Shard, Unknown};
use tokio::time::Instant;

use crate::fixture::{Arena, Bed, CALL, patient, shard_on, tcp, tcp_pair, until, within};
use crate::verdict::truthful;

#[tokio::test(start_paused = true)]
async fn calls_in_flight_to_a_killed_node_end_within_200_ms_and_none_runs_twice() {
    patient(async {
        let mut bed = Bed::of(3).await;
        let shard = Arc::new(bed.shard(0, 1));
        let call = |id| {
            let shard = Arc::clone(&shard);
            tokio::spawn(async move { (id, shard.work(id).await, Instant::now()) })
        };
        let running: Vec<_> = (0..50).map(call).collect();
        until(Duration::from_secs(1), "all run", || bed.arena(1).runs("work") == 50).await;
        // Some more that are on their way somewhere, and some that have not left.
        let leaving: Vec<_> = (50..75).map(call).collect();
        tokio::task::yield_now().await;
        let waiting: Vec<_> = (75..100).map(call).collect();

        let start = Instant::now();
        bed.cluster.kill(1);
        let ends = join_all(running.into_iter().chain(leaving).chain(waiting)).await;
        let mut outcomes = Vec::new();
        for end in ends {
            let (id, outcome, at) = end.unwrap();
            assert!(at - start <= Duration::from_millis(200), "call {id}: {:?}", at - start);
            outcomes.push((id, outcome));
        }
        let ends = truthful(&outcomes, &bed.arenas);
        assert_eq!((ends.ok, ends.not_started + ends.unknown), (0, 100), "{ends:?}");
        assert!(ends.unknown >= 50, "what has run cannot be called not started: {ends:?}");
        assert_eq!(bed.arena(0).all_runs() + bed.arena(2).all_runs(), 0, "nothing is sent elsewhere");

        let removed = until(Duration::from_secs(6), "removed", || !bed.sees(0, 1) && !bed.sees(2, 1)).await;
        println!("removed after {removed:?}");
        for n in 0..200 {
            for node in bed.cluster.nodes() {
                let shard = node.module::<Arena>().create_shard(n).unwrap();
                assert_ne!(shard.node().unwrap().as_str(), "node-1");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn over_tcp_calls_in_flight_to_a_node_that_stops_at_once_end_within_200_ms() {
    patient(async {
        let (mut nodes, arenas) = tcp(3).await;
        let shard = Arc::new(shard_on(&nodes[0], &nodes[1]));
        let calls: Vec<_> = (0..50)
            .map(|id| {
                let shard = Arc::clone(&shard);
                tokio::spawn(async move { (id, shard.work(id).await) })
            })
            .collect();
        until(Duration::from_secs(5), "all run", || arenas[1].runs("work") == 50).await;
        // The last handle: the node stops, and says nothing.
        drop(nodes.remove(1));
        let ends = within(Duration::from_millis(200), "the calls", join_all(calls)).await;
        let outcomes: Vec<_> = ends.into_iter().map(Result::unwrap).collect();
        let ends = truthful(&outcomes, &arenas);
        assert_eq!(ends.unknown, 50, "{ends:?}");
        assert!(arenas[1].finished().is_empty(), "its handlers have ended with it");
        until(Duration::from_secs(6), "removed", || nodes.iter().all(|node| node.members().len() == 2)).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_restarted_node_is_another_boot_and_runs_nothing_of_the_old_ones() {
    patient(async {
        let mut bed = Bed::of(3).await;
        let old = bed.shard(0, 1);
        let token = Shard::token(&old).mint();
        let old_boot = bed.node(1).boot();
        assert_eq!(old.label().await.unwrap(), "node-1");
        bed.cluster.kill(1);
        bed.restart(1).await.unwrap();
        within(Duration::from_secs(10), "settled", bed.cluster.settled()).await;
        assert_ne!(bed.node(1).boot(), old_boot);

        for node in [0, 1, 2] {
            let again = bed.node(node).module::<Arena>().get_shard(&token).unwrap();
            assert_eq!(again.boot(), Some(old_boot));
            let error = again.mark(1).await.unwrap_err();
            assert!(matches!(error, CallError::NotStarted { reason: NotStarted::BootGone, .. }), "{error:?}");
        }
        let error = old.mark(2).await.unwrap_err();
        assert!(matches!(error, CallError::NotStarted { reason: NotStarted::BootGone, .. }), "{error:?}");
        assert_eq!(bed.arena(1).all_runs(), 0, "the reborn node has run nothing");
        assert_eq!(bed.shard(0, 1).label().await.unwrap(), "node-1");
    })
    .await;
}

/// The sender would not send it; so a relay makes it say what an older node might.
#[tokio::test]
async fn the_receiver_refuses_a_call_for_another_boot() {
    patient(async {
        let pair = tcp_pair().await;
        for boot in [0, 1, u64::MAX, pair.caller.boot().get(), pair.callee.boot().get() ^ 1] {
            pair.relay.filter(move |_, mut frame| {
                if frame.kind == CALL {
                    frame.body[4..12].copy_from_slice(&boot.to_le_bytes());
                }
                vec![frame]
            });
            let error = pair.shard.mark(boot).await.unwrap_err();
            assert!(matches!(error, CallError::NotStarted { reason: NotStarted::BootGone, .. }), "{error:?}");
        }
        assert_eq!(pair.arena.all_runs(), 0);
        pair.relay.honest();
        assert_eq!(pair.shard.mark(7).await.unwrap(), 7);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_dies_leaves_nothing_behind() {
    patient(async {
        let mut bed = Bed::of(2).await;
        let shard = Arc::new(bed.shard(0, 1));
        let calls: Vec<_> = (0..20)
            .map(|id| {
                let shard = Arc::clone(&shard);
                tokio::spawn(async move { shard.work(id).await })
            })
            .collect();
        until(Duration::from_secs(1), "all run", || bed.arena(1).runs("work") == 20).await;
        bed.cluster.kill(0);
        for call in calls {
            let error = call.await.unwrap().unwrap_err();
            assert!(matches!(error, CallError::Unknown { reason: Unknown::ConnectionLost, .. }), "{error:?}");
        }
        // At the latest at their deadline.
        until(Duration::from_secs(6), "idle", || bed.node(1).running() == 0).await;
        until(Duration::from_secs(6), "alone", || bed.node(1).members().len() == 1).await;
        assert_eq!(bed.shard(1, 1).label().await.unwrap(), "node-1");
    })
    .await;
}
