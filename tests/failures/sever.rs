//! Connections are reset, and can be made again.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, Unknown};
use tokio::time::{Instant, sleep};

use crate::fixture::{Bed, patient, until, within};
use crate::verdict::truthful;

#[tokio::test(start_paused = true)]
async fn calls_in_flight_end_at_once_and_later_ones_work() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = Arc::new(bed.shard(0, 1));
        let calls: Vec<_> = (0..50)
            .map(|id| {
                let shard = Arc::clone(&shard);
                tokio::spawn(async move { (id, shard.work(id).await) })
            })
            .collect();
        until(Duration::from_secs(1), "all run", || bed.arena(1).runs("work") == 50).await;
        let start = Instant::now();
        bed.cluster.sever(0, 1);
        let ends = join_all(calls).await;
        assert!(start.elapsed() <= Duration::from_millis(1), "{:?}", start.elapsed());
        let outcomes: Vec<_> = ends.into_iter().map(Result::unwrap).collect();
        for (_, outcome) in &outcomes {
            let error = outcome.as_ref().unwrap_err();
            assert!(matches!(error, CallError::Unknown { reason: Unknown::ConnectionLost, .. }), "{error:?}");
        }
        assert!(bed.sees(0, 1), "a dead link is not a dead member");
        within(Duration::from_secs(5), "a call", async {
            while shard.mark(100).await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        assert!(bed.sees(0, 1) && bed.sees(1, 0));
        // The old ones end on their own, and nobody runs them again.
        bed.arena(1).release(50);
        until(Duration::from_secs(6), "idle", || bed.node(1).running() == 0).await;
        truthful(&outcomes, &bed.arenas);
    })
    .await;
}

/// I1 and I3 over links that are reset again and again, with a caller that makes each call again for as
/// long as it is told that it has not started.
#[tokio::test(start_paused = true)]
async fn over_links_that_are_reset_again_and_again_nothing_runs_twice() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = Arc::new(bed.shard(0, 1));
        let calls = (0..400_u64).map(|id| {
            let shard = &shard;
            async move {
                sleep(Duration::from_millis(id * 5)).await;
                loop {
                    let outcome = if id % 2 == 0 { shard.mark(id).await } else { shard.mark_later(id).await };
                    match outcome {
                        Err(error) if error.is_not_started() => sleep(Duration::from_millis(20)).await,
                        outcome => return (id, outcome),
                    }
                }
            }
        });
        let resets = async {
            // At uneven times, so that each finds another moment of a call or of a handshake.
            for n in 0..60_u64 {
                sleep(Duration::from_micros(n * n * 7_919 % 60_000)).await;
                bed.cluster.delay(0, 1, Duration::from_millis(n % 4));
                bed.cluster.sever(0, 1);
            }
            bed.cluster.delay(0, 1, Duration::ZERO);
        };
        let (outcomes, ()) = tokio::join!(join_all(calls), resets);
        let ends = truthful(&outcomes, &bed.arenas);
        println!("{ends:?}");
        assert_eq!(ends.ok + ends.unknown, 400);
        assert!(ends.ok > 200, "{ends:?}");
        within(Duration::from_secs(10), "all see all", bed.cluster.settled()).await;
        assert_eq!(bed.shard(0, 1).mark(1_000).await.unwrap(), 1_000);
    })
    .await;
}
