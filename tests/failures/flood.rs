//! More than a node takes.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, NotStarted, State};
use tokio::time::Instant;

use crate::fixture::{Bed, every_way, patient, until};
use crate::verdict::truthful;

#[tokio::test]
async fn beyond_1024_calls_in_flight_to_one_peer_more_are_refused_at_once() {
    every_way(async |way| {
        if way.caller.boot() == way.callee.boot() {
            return;
        }
        let shard = Arc::new(way.caller.module::<crate::fixture::Arena>().get_shard(&way.shard).unwrap());
        let call = |id: u64| {
            let shard = Arc::clone(&shard);
            tokio::spawn(async move {
                let state = State::new().with_deadline(Instant::now() + Duration::from_secs(30));
                (id, state.scope(shard.work(id)).await)
            })
        };
        let waiting: Vec<_> = (0..1_024).map(call).collect();
        until(Duration::from_secs(10), "all run", || way.arena.runs("work") == 1_024).await;

        let start = Instant::now();
        let refused = join_all((1_024..1_200).map(call)).await;
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
        let mut outcomes: Vec<_> = refused.into_iter().map(Result::unwrap).collect();
        for (id, outcome) in &outcomes {
            assert!(
                matches!(outcome, Err(CallError::NotStarted { reason: NotStarted::Overloaded, .. })),
                "{id}: {outcome:?}"
            );
        }
        // Other peers are not concerned.
        let third = crate::fixture::shard_on(&way.caller, &way.third);
        assert_eq!(third.label().await.unwrap(), way.third.name());

        way.arena.release(1_024);
        outcomes.extend(join_all(waiting).await.into_iter().map(Result::unwrap));
        let arenas = [way.arena.clone()];
        let ends = truthful(&outcomes, &arenas);
        assert_eq!((ends.ok, ends.not_started, ends.unknown), (1_024, 176, 0));
        assert_eq!(shard.mark(5_000).await.unwrap(), 5_000, "its places are free again");
        assert_eq!(way.callee.running(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn slow_calls_by_the_hundred_do_not_delay_a_fast_one() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = Arc::new(bed.shard(0, 1));
        let slow: Vec<_> = (0..500)
            .map(|n| {
                let shard = Arc::clone(&shard);
                tokio::spawn(async move { shard.slowly(2_000, n).await })
            })
            .collect();
        until(Duration::from_secs(1), "all run", || bed.arena(1).runs("slowly") == 500).await;
        let start = Instant::now();
        for id in 0..100 {
            assert_eq!(shard.mark(id).await.unwrap(), id);
        }
        assert!(start.elapsed() <= Duration::from_millis(10), "{:?}", start.elapsed());
        for (n, outcome) in (1..).zip(join_all(slow).await) {
            assert_eq!(outcome.unwrap().unwrap(), n);
        }
    })
    .await;
}

/// A chain of calls that goes round in a circle ends as an error, not as a stack or a queue that is full.
#[tokio::test]
async fn two_modules_that_call_each_other_for_ever_are_stopped() {
    patient(async {
        let cluster = shard_runtime::testing::Cluster::of(2, |node| node.module(Echoing)).await.unwrap();
        let there = cluster.node(1).module::<Echoing>().local_shard().unwrap();
        let shard = cluster.node(0).module::<Echoing>().get_shard(&there).unwrap();
        let depth = shard.again(&State::new(), 0).await.unwrap();
        assert!((8..=64).contains(&depth), "{depth}");
        assert_eq!(cluster.node(0).running() + cluster.node(1).running(), 0);
    })
    .await;
}

struct Echoing;

#[shard_runtime::sharded_module]
impl Echoing {
    /// Calls itself on some node until it is refused, and gives how often that went well.
    async fn again(&self, state: &State, depth: u32) -> u32 {
        let shard = state.module::<Self>().create_shard(depth).unwrap();
        match Box::pin(shard.again(state, depth + 1)).await {
            Ok(deeper) => deeper,
            Err(error) => {
                assert!(
                    matches!(error, CallError::NotStarted { reason: NotStarted::TooDeep, .. }),
                    "{error:?}"
                );
                depth
            }
        }
    }
}
