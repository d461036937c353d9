//! Calls that lead to calls.

use crate::bed::{Bed, Way};
use crate::patience::until;
use crate::probe::{Probe, ProbeError, token_of};
use shard_runtime::{CallError, State};

in_four_ways!(a_chain_may_be_32_long, an_endless_chain_ends_with_an_error, it_may_be_run_again_and_again);

/// Lets the callee's module call the caller's, and the other way round: itself, where they are one.
fn circle(bed: &Bed<Probe>) {
    bed.module.set_next(token_of(&bed.nodes.caller));
    bed.bystander.set_next(token_of(&bed.nodes.callee));
}

async fn a_chain_may_be_32_long(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    circle(&bed);
    assert_eq!(bed.shard.dive(&State::new(), 1).await, Ok(32));
    let (there, here) = (bed.module.runs("dive"), bed.bystander.runs("dive"));
    assert_eq!((there, here), if way.is_remote() { (16, 16) } else { (32, 0) });
}

async fn an_endless_chain_ends_with_an_error(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    circle(&bed);
    let error = bed.shard.dive_and_fail(&State::new()).await.unwrap_err();
    assert!(matches!(error, CallError::Module { error: ProbeError::TooDeep, .. }), "{error:?}");
    assert_eq!(bed.module.runs("dive_and_fail") + bed.bystander.runs("dive_and_fail"), 32);
}

async fn it_may_be_run_again_and_again(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    circle(&bed);
    for _ in 0..20 {
        assert_eq!(bed.shard.dive(&State::new(), 1).await, Ok(32));
    }
    assert_eq!(bed.module.runs("dive") + bed.bystander.runs("dive"), 20 * 32);
    for node in [&bed.nodes.caller, &bed.nodes.callee] {
        until(std::time::Duration::from_secs(1), "nothing runs", || node.running() == 0).await;
    }
}
