//! Calls that wait to start: who is let in, who is refused and how soon, and who leaves again.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, NotStarted};
use tokio::time::sleep;

use crate::bed::{Bed, THREADS};
use crate::load::{Ended, quantile};
use crate::patience::{patient, until, within};

/// The callee's threads are taken for longer than a call may be expected to wait.
const HELD: u64 = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_threads_are_all_taken_refuses_at_once_what_needs_one() {
    patient(async {
        let bed = Bed::start().await;
        let shard = bed.shard();
        bed.hold_all(HELD).await;
        // As long as nothing is known, one may well wait.
        let first = shard.clone();
        let first = tokio::spawn(async move { first.grind(0).await });
        sleep(Duration::from_millis(150)).await;

        let (mut refused, mut answered) = (Vec::new(), Vec::new());
        for id in 1..=100 {
            refused.push(Ended::of(shard.grind(id)).await);
            // What needs no thread is as quick as ever.
            answered.push(Ended::of(shard.answers(id)).await);
        }
        assert!(refused.len() == 100 && refused.iter().all(Ended::is_refused), "{refused:?}");
        assert!(answered.iter().all(|call| call.outcome.is_ok()), "{answered:?}");
        let [soon, late] = [500, 990].map(|part| quantile(refused.iter(), part));
        let [quick, slow] = [500, 990].map(|part| quantile(answered.iter(), part));
        println!("refusals p50 {soon:?} p99 {late:?}, answers p50 {quick:?} p99 {slow:?}");
        assert!(soon <= Duration::from_millis(10) && late <= Duration::from_millis(250), "{soon:?} {late:?}");
        assert!(
            quick <= Duration::from_millis(10) && slow <= Duration::from_millis(250),
            "{quick:?} {slow:?}"
        );
        assert_eq!(bed.callee.calls().to_start, 1);

        assert_eq!(first.await.unwrap(), Ok(0));
        assert_eq!(bed.mill.ground(), 1);
        bed.idle().await;
        assert_eq!(shard.grind(1_000).await, Ok(1_000), "that is over");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_the_node_itself_are_refused_as_well() {
    patient(async {
        let bed = Bed::start().await;
        bed.hold_all(HELD).await;
        let (inside, all) = (bed.inside(), bed.callee.module::<crate::bed::Mill>().create_broadcast());
        let first = inside.clone();
        let first = bed.there.spawn(async move { first.grind(0).await });
        sleep(Duration::from_millis(150)).await;

        let refused = bed.there.spawn(async move {
            let mut refused = Vec::new();
            for id in 1..=20 {
                refused.push(Ended::of(inside.grind(id)).await);
                let broadcast = async {
                    let replies = all.grind(100 + id).await;
                    assert_eq!((replies.nodes.len(), replies.errors.len()), (1, 1));
                    Err(replies.errors.into_values().next().unwrap())
                };
                refused.push(Ended::of(broadcast).await);
            }
            refused
        });
        let refused = refused.await.unwrap();
        assert!(refused.iter().all(Ended::is_refused), "{refused:?}");
        assert!(quantile(refused.iter(), 500) <= Duration::from_millis(10), "{refused:?}");
        assert_eq!(first.await.unwrap(), Ok(0));
        assert_eq!(bed.mill.ground(), 1);
        bed.idle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_in_line_does_not_start_and_is_gone_at_once() {
    patient(async {
        let bed = Bed::start().await;
        let (shard, inside) = (bed.shard(), bed.inside());
        bed.hold_all(600).await;
        let mut calls: Vec<_> = (0..20)
            .map(|id| {
                let shard = shard.clone();
                tokio::spawn(async move { shard.grind(id).await })
            })
            .collect();
        calls.extend((20..40).map(|id| {
            let inside = inside.clone();
            bed.there.spawn(async move { inside.grind(id).await })
        }));
        let all = bed.callee.module::<crate::bed::Mill>().create_broadcast();
        calls.push(bed.there.spawn(async move { Ok(all.grind(40).await.values.len() as u64) }));
        let running = || bed.callee.calls().running;
        until(Duration::from_secs(1), "they wait", || running() == THREADS + 41).await;
        calls.iter().for_each(tokio::task::JoinHandle::abort);
        // Their places among the running ones, and what they were called with.
        let gone = until(Duration::from_millis(400), "they are gone", || running() == THREADS).await;
        println!("gone after {gone:?}");
        assert_eq!(bed.mill.ground(), 0);
        bed.idle().await;
        // The line had been passed by then.
        assert_eq!(shard.grind(100).await, Ok(100));
        assert_eq!(bed.mill.ground(), 1, "nobody waited for the others");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_256_wait_however_quickly_they_come() {
    patient(async {
        let bed = Bed::start().await;
        let shard = bed.shard();
        bed.hold_all(300).await;
        let calls = join_all((0..600).map(|id| Ended::of(shard.grind(id))));
        let seen = async {
            sleep(Duration::from_millis(80)).await;
            bed.callee.calls().to_start
        };
        let (calls, seen) = tokio::join!(within(Duration::from_secs(10), "all ends", calls), seen);
        let (refused, done): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.is_refused());
        // Less, if the machine was so slow to wake its threads that it looked like a pace.
        println!("{seen} waited");
        assert!((1..=256).contains(&seen), "{seen}");
        assert_eq!((done.len(), refused.len()), (seen, 600 - seen));
        assert_eq!(bed.mill.ground(), seen as u64);
        bed.idle().await;
    })
    .await;
}

/// A call that has come to its deadline in line is past it, and has not run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_late_in_line_does_not_start() {
    patient(async {
        let bed = Bed::start().await;
        let shard = bed.shard();
        bed.hold_all(400).await;
        let late = shard_runtime::Shard::timeout(&shard, Duration::from_millis(100));
        for (id, ended) in (0..).zip(join_all((0..10).map(|id| late.grind(id))).await) {
            let failed = matches!(
                ended,
                Err(CallError::Unknown { .. } | CallError::NotStarted { reason: NotStarted::Expired, .. })
            );
            assert!(failed, "{id}: {ended:?}");
        }
        bed.idle().await;
        assert_eq!(bed.mill.ground(), 0);
    })
    .await;
}

/// The callee's worker stands still, so that the call is in line still when a thread comes to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_looks_at_the_clock_before_it_starts_a_call() {
    patient(async {
        let bed = Bed::start().await;
        let shard = bed.shard();
        bed.hold_all(600).await;
        let late = shard_runtime::Shard::timeout(&shard, Duration::from_millis(300));
        let calls = tokio::spawn(async move { join_all((0..10).map(|id| late.grind(id))).await });
        until(Duration::from_secs(1), "they wait", || bed.callee.calls().to_start == 10).await;
        let halted = tokio::spawn(async move { shard.halts(1_000).await });
        assert!(calls.await.unwrap().iter().all(Result::is_err));
        halted.await.unwrap().unwrap();
        bed.idle().await;
        assert_eq!(bed.mill.ground(), 0);
    })
    .await;
}
