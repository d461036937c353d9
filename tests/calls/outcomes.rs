//! How a call ends, and how often its body has then run.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, Unknown};
use tokio::time::Instant;

use crate::bed::{Bed, Way, on_time, within_ms};
use crate::patience::{until, within};
use crate::probe::{Probe, ProbeError};

in_four_ways!(
    ok,
    module_error,
    panicked,
    panicked_in_line_and_blocking,
    unknown_at_the_deadline,
    unknown_ran_at_most_once,
    a_blocking_method_outlasts_its_caller,
    a_module_lives_on_after_all_of_them,
);

/// Fault numbers of the guarantees: a panic is an answer.
const SOON: Duration = Duration::from_millis(50);

async fn ok(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    assert_eq!(bed.shard.echo(7).await, Ok(7));
    assert_eq!(bed.shard.slowly(8, 5).await, Ok(8));
    assert_eq!((bed.module.runs("echo"), bed.module.runs("8"), bed.module.runs("end of 8")), (1, 1, 1));
    assert_eq!(bed.bystander.all_runs(), 0);
}

async fn module_error(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for (first_waits, why) in [(false, "at once"), (true, ""), (true, "Ä\0")] {
        let error = bed.shard.fails(first_waits, why).await.unwrap_err();
        assert_eq!(error.module(), Some(&ProbeError::Said(why.to_owned())));
        assert_eq!(error.to_string(), why);
        assert_eq!(error.node().unwrap().as_str(), bed.nodes.callee.name());
        assert!(!error.is_not_started());
    }
    assert_eq!((bed.module.runs("fails"), bed.module.all_runs()), (3, 3));
}

async fn panicked(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for first_waits in [false, true] {
        let error = within(SOON, "the answer", bed.shard.panics(first_waits)).await.unwrap_err();
        let CallError::Panicked { message, node } = &error else { panic!("{error:?}") };
        assert_eq!((message.as_str(), node.as_str()), ("the probe is on fire", bed.nodes.callee.name()));
        assert!(!error.is_not_started());
    }
    assert_eq!(bed.module.runs("panics"), 2);
}

async fn panicked_in_line_and_blocking(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for text in ["on fire", "", "{}"] {
        let error = within(SOON, "the answer", bed.shard.panics_in_line(text)).await.unwrap_err();
        assert!(matches!(&error, CallError::Panicked { message, .. } if message == text), "{error:?}");
    }
    let error = within(SOON, "the answer", bed.shard.panics_blocking()).await.unwrap_err();
    assert!(matches!(&error, CallError::Panicked { message, .. } if message.contains("fire")), "{error:?}");
    assert_eq!((bed.module.runs("panics_in_line"), bed.module.runs("panics_blocking")), (3, 1));
}

async fn unknown_at_the_deadline(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let calls = [1, 20, 150, 300].map(|millis| {
        let bed = &bed;
        async move {
            let start = Instant::now();
            let error = within_ms(millis).scope(bed.shard.hangs()).await.unwrap_err();
            on_time(start, millis);
            error
        }
    });
    for error in join_all(calls).await {
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
        assert_eq!(error.node().unwrap().as_str(), bed.nodes.callee.name());
    }
    let runs = bed.module.runs("hangs");
    assert!((3..=4).contains(&runs), "what had a millisecond may have had none when it came: {runs}");
    until(Duration::from_secs(1), "their places are free", || bed.nodes.callee.running() == 0).await;
}

/// The bodies take as long as the callers wait, so that each end is a close race.
async fn unknown_ran_at_most_once(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let calls = (0..200_u64).map(|id| {
        let bed = &bed;
        async move { (id, within_ms(1 + id % 60).scope(bed.shard.slowly(id, 9)).await) }
    });
    let ends = join_all(calls).await;
    until(Duration::from_secs(1), "all have ended", || bed.nodes.callee.running() == 0).await;
    for (id, outcome) in &ends {
        let (begun, ended) = (bed.module.runs(&id.to_string()), bed.module.runs(&format!("end of {id}")));
        match outcome {
            Ok(value) => assert_eq!((value, begun, ended), (id, 1, 1)),
            Err(CallError::Unknown { reason: Unknown::Deadline, .. }) => assert!(begun <= 1 && ended <= 1),
            Err(CallError::NotStarted { .. }) => assert_eq!(begun, 0, "{id}: {outcome:?}"),
            Err(other) => panic!("{id}: {other:?}"),
        }
    }
    let count = ends.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    assert!((1..200).contains(&count), "both ends are met: {count} of 200 succeeded");
}

/// It cannot be cut short: its place is taken until it returns, and its end is nobody's.
async fn a_blocking_method_outlasts_its_caller(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let start = Instant::now();
    let error = within_ms(100).scope(bed.shard.blocks(1, 300)).await.unwrap_err();
    on_time(start, 100);
    assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
    assert_eq!((bed.nodes.callee.running(), bed.module.runs("end of 1")), (1, 0));
    until(Duration::from_secs(2), "it returns", || bed.nodes.callee.running() == 0).await;
    assert_eq!((bed.module.runs("1"), bed.module.runs("end of 1")), (1, 1));
    assert_eq!(bed.shard.blocks(2, 1).await, Ok(2));
}

async fn a_module_lives_on_after_all_of_them(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for round in 0..3_u64 {
        bed.shard.fails(true, "no").await.unwrap_err();
        bed.shard.panics(true).await.unwrap_err();
        bed.shard.panics_in_line("no").await.unwrap_err();
        within_ms(5).scope(bed.shard.hangs()).await.unwrap_err();
        assert_eq!(bed.shard.echo(round).await, Ok(round));
    }
    until(Duration::from_secs(1), "nothing runs", || bed.nodes.callee.running() == 0).await;
    assert_eq!(bed.bystander.all_runs(), 0);
}
