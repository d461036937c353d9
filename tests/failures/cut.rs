//! A cable is pulled: nothing gets through, and nobody is told.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, NotStarted, State, Unknown};
use tokio::time::{Instant, sleep};

use crate::fixture::{Bed, patient, until, within};
use crate::verdict::truthful;

fn deadline(millis: u64) -> State {
    State::new().with_deadline(Instant::now() + Duration::from_millis(millis))
}

#[tokio::test(start_paused = true)]
async fn calls_over_a_cut_link_end_at_their_deadlines() {
    patient(async {
        let bed = Bed::of(3).await;
        let shard = bed.shard(0, 1);
        bed.cluster.cut(0, 1);
        let start = Instant::now();
        let calls = (1..=20_u64).map(|n| {
            let shard = &shard;
            async move { (n, deadline(n * 100).scope(shard.mark(n)).await, start.elapsed()) }
        });
        let ends = join_all(calls).await;
        for (n, outcome, took) in &ends {
            let error = outcome.as_ref().unwrap_err();
            assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
            let limit = Duration::from_millis(n * 100)..=Duration::from_millis(n * 100 + 100);
            assert!(limit.contains(took), "{n}: {took:?}");
        }
        let outcomes: Vec<_> = ends.into_iter().map(|(n, outcome, _)| (n, outcome)).collect();
        truthful(&outcomes, &bed.arenas);
        assert_eq!(bed.shard(0, 2).label().await.unwrap(), "node-2", "other links are as they were");

        // What was held arrives when the link is whole. It was called for callers who have gone.
        bed.cluster.heal(0, 1);
        sleep(Duration::from_secs(1)).await;
        truthful(&outcomes, &bed.arenas);
        assert_eq!(shard.mark(99).await.unwrap(), 99);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_link_is_declared_dead_within_4_s_and_its_calls_end_with_it() {
    patient(async {
        let bed = Bed::of(3).await;
        // From the middle of a quiet time, so that what was heard last is a while ago.
        sleep(Duration::from_millis(700)).await;
        let shard = Arc::new(bed.shard(0, 1));
        let calls: Vec<_> = (0..50)
            .map(|id| {
                let shard = Arc::clone(&shard);
                tokio::spawn(async move { (id, deadline(60_000).scope(shard.work(id)).await) })
            })
            .collect();
        until(Duration::from_secs(1), "all run", || bed.arena(1).runs("work") == 50).await;
        let start = Instant::now();
        bed.cluster.cut(0, 1);
        let ends = within(Duration::from_secs(5), "the calls", join_all(calls)).await;
        let took = start.elapsed();
        // Counted from when something was heard last, at most a second before.
        assert!((2_000..=4_000).contains(&took.as_millis()), "{took:?}");
        let outcomes: Vec<_> = ends.into_iter().map(Result::unwrap).collect();
        assert_eq!(truthful(&outcomes, &bed.arenas).unknown, 50);
        assert!(shard.mark(99).await.unwrap_err().is_not_started());
        // A dead link is not a dead member: a third node reaches both.
        sleep(Duration::from_secs(30)).await;
        assert!((0..3).all(|one| (0..3).all(|other| bed.sees(one, other))), "all stay members of all");
        assert!(shard.mark(100).await.unwrap_err().is_not_started());
        // Nobody reaches it any more.
        let start = Instant::now();
        bed.cluster.cut(2, 1);
        until(Duration::from_secs(10), "removed", || !bed.sees(0, 1) && !bed.sees(2, 1)).await;
        println!("removed after {:?}", start.elapsed());
        assert!(bed.sees(2, 0) && bed.sees(0, 2), "the others stay");
        assert!(shard.mark(101).await.unwrap_err().is_not_started());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_a_cut_has_healed_all_see_all_within_10_s_and_calls_work() {
    for seconds in [1, 5, 30, 600] {
        patient_for(seconds, async {
            let bed = Bed::of(3).await;
            let before = bed.node(0).view().digest();
            let shard = bed.shard(0, 1);
            bed.cluster.cut(0, 1);
            bed.cluster.cut(1, 2);
            sleep(Duration::from_secs(seconds)).await;
            bed.cluster.heal(0, 1);
            bed.cluster.heal(1, 2);
            within(Duration::from_secs(10), "all see all", bed.cluster.settled()).await;
            let same = bed.node(0).view().digest() == before;
            assert!(bed.cluster.nodes().all(|node| (node.view().digest() == before) == same));
            if seconds == 1 {
                assert!(same, "the same members under the same boots");
            }
            if same {
                assert_eq!(shard.mark(seconds).await.unwrap(), seconds);
            } else {
                // It was held for dead, so it came back as another boot; nothing of the old one runs.
                let error = shard.mark(seconds).await.unwrap_err();
                assert!(
                    matches!(error, CallError::NotStarted { reason: NotStarted::BootGone, .. }),
                    "{error:?}"
                );
                assert!(!bed.arena(1).worked().contains(&seconds));
            }
            assert_eq!(bed.shard(0, 1).label().await.unwrap(), "node-1");
            assert_eq!(bed.shard(1, 2).label().await.unwrap(), "node-2");
        })
        .await;
    }
}

async fn patient_for(seconds: u64, test: impl Future<Output = ()>) {
    println!("after {seconds} s:");
    within(Duration::from_secs(seconds + 60), "the test", test).await;
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_cut_one_way_is_noticed_by_both() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = bed.shard(0, 1);
        bed.cluster.network().cut_one_way("node-1:1", "node-0:1");
        let error = deadline(1_000).scope(shard.mark(1)).await.unwrap_err();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
        assert_eq!(bed.arena(1).worked(), [1], "it has run, and nobody can know");
        until(Duration::from_secs(10), "removed", || !bed.sees(0, 1)).await;
        bed.cluster.heal(0, 1);
        within(Duration::from_secs(10), "all see all", bed.cluster.settled()).await;
        assert_eq!(bed.shard(0, 1).mark(2).await.unwrap(), 2);
        assert_eq!(bed.arena(1).worked(), [1, 2]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_short_cut_costs_time_and_nothing_else() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = bed.shard(0, 1);
        bed.cluster.cut(0, 1);
        let healing = async {
            sleep(Duration::from_secs(2)).await;
            bed.cluster.heal(0, 1);
        };
        let calls = join_all((0..50).map(|id| {
            let shard = &shard;
            async move { (id, shard.mark(id).await) }
        }));
        let (outcomes, ()) = tokio::join!(calls, healing);
        assert_eq!(truthful(&outcomes, &bed.arenas).ok, 50);
    })
    .await;
}
