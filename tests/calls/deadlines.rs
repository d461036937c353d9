//! A deadline holds for all that is done because of a call.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, ShardToken, State, Unknown, sharded_module};
use tokio::time::Instant;

use crate::bed::{Bed, Way, on_time, within_ms};
use crate::patience::until;
use crate::probe::{Probe, token_of};

in_four_ways!(
    a_handler_that_hangs_ends_on_time,
    hanging_calls_hold_nobody_up,
    the_end_of_the_outer_call_is_the_end_of_the_inner_one,
);

async fn a_handler_that_hangs_ends_on_time(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let start = Instant::now();
    for outcome in join_all((0..50).map(|_| within_ms(200).scope(bed.shard.hangs()))).await {
        let error = outcome.unwrap_err();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
    }
    on_time(start, 200);
    assert_eq!(bed.module.runs("hangs"), 50);
    until(Duration::from_secs(1), "their places are free", || bed.nodes.callee.running() == 0).await;
}

async fn hanging_calls_hold_nobody_up(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let hanging = join_all((0..50).map(|_| within_ms(300).scope(bed.shard.hangs())));
    let others = async {
        let start = Instant::now();
        for id in 0..100 {
            assert_eq!(bed.shard.echo(id).await, Ok(id));
        }
        start.elapsed()
    };
    let (hung, others) = tokio::join!(hanging, others);
    assert!(hung.iter().all(Result::is_err));
    assert!(others < Duration::from_millis(250), "{others:?}");
}

/// Calls the probe.
#[derive(Default)]
struct Outer;

#[sharded_module]
impl Outer {
    /// Gives how the inner call ended, if it is there to see it.
    async fn waits_for(&self, state: &State, inner: ShardToken) -> String {
        let probe = state.module::<Probe>().get_shard(&inner).unwrap();
        format!("{:?}", probe.hangs().await)
    }
}

async fn the_end_of_the_outer_call_is_the_end_of_the_inner_one(way: Way) {
    let probe = std::sync::Arc::new(Probe::default());
    let hosted = std::sync::Arc::clone(&probe);
    let nodes = crate::bed::Nodes::of(
        way,
        |node| node.module(Probe::default()).client_of::<Outer>(),
        |node| node.shared_module(hosted).module(Outer),
    )
    .await;
    let shard = nodes.caller.module::<Outer>().create_shard("any").unwrap();
    let start = Instant::now();
    let outcome = shard.waits_for(&within_ms(150), token_of(&nodes.callee)).await;
    on_time(start, 150);
    // Inner and outer end at one moment, and either may be first.
    match outcome {
        Ok(inner) => assert!(inner.contains("Deadline"), "{inner}"),
        Err(error) => {
            assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
        }
    }
    assert_eq!(probe.runs("hangs"), 1);
    until(Duration::from_secs(1), "nothing runs", || nodes.callee.running() == 0).await;
}
