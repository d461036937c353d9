//! What a handler calls is part of the call that it handles, whatever state it makes the call with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shard_runtime::{CallError, NotStarted, Shard as _, ShardToken, State, sharded_module};
use tokio::time::Instant;

use crate::bed::{Nodes, Way, on_time, within_ms};
use crate::patience::until;
use crate::probe::{Probe, Seen, token_of};

in_four_ways!(
    a_new_state_keeps_the_outer_deadline,
    a_new_state_keeps_the_depth,
    a_longer_timeout_ends_with_the_outer_call,
);

/// Makes calls with states of its own.
#[derive(Default)]
struct Heir {
    dives: AtomicU32,
}

#[sharded_module]
impl Heir {
    /// What the probe sees of a call that is made with a new state; with one that has a later deadline.
    async fn looks(&self, state: &State, probe: ShardToken) -> (Seen, Seen) {
        let probe = state.module::<Probe>().get_shard(&probe).unwrap();
        let fresh = probe.sees(&State::new()).await.unwrap();
        let late = State::new().with_deadline(Instant::now() + Duration::from_secs(3_600));
        (fresh, probe.sees(&late).await.unwrap())
    }

    /// Waits for something that hangs, for as long as it may.
    async fn waits(&self, state: &State, probe: ShardToken) {
        let probe = state.module::<Probe>().get_shard(&probe).unwrap();
        let _ = probe.timeout(Duration::from_secs(60)).hangs().await;
    }

    /// Calls itself, each time with a state that knows nothing.
    async fn dives(&self, state: &State) -> bool {
        self.dives.fetch_add(1, Ordering::SeqCst);
        let own = state.module::<Self>().create_shard("any").unwrap();
        match Box::pin(own.dives(&State::new())).await {
            Ok(too_deep) => too_deep,
            Err(CallError::NotStarted { reason: NotStarted::TooDeep, .. }) => true,
            Err(other) => panic!("{other:?}"),
        }
    }
}

struct Bed {
    nodes: Nodes,
    heir: Arc<Heir>,
    probe: Arc<Probe>,
    shard: HeirShard,
}

async fn bed(way: Way) -> Bed {
    let (heir, probe) = (Arc::new(Heir::default()), Arc::new(Probe::default()));
    let (hosted, probed) = (Arc::clone(&heir), Arc::clone(&probe));
    let nodes = Nodes::of(
        way,
        |node| node.client_of::<Heir>().client_of::<Probe>(),
        |node| node.shared_module(hosted).shared_module(probed),
    )
    .await;
    let shard = nodes.caller.module::<Heir>().create_shard("any").unwrap();
    Bed { nodes, heir, probe, shard }
}

async fn a_new_state_keeps_the_outer_deadline(way: Way) {
    let bed = bed(way).await;
    let outer = within_ms(1_500).with_actor("alice");
    let (fresh, late) = bed.shard.looks(&outer, token_of(&bed.nodes.callee)).await.unwrap();
    for seen in [fresh, late] {
        assert!(seen.left.unwrap() <= 1_500_000, "{seen:?}");
        assert_eq!(seen.actor, None, "on whose behalf it is made is up to the handler");
    }
}

async fn a_new_state_keeps_the_depth(way: Way) {
    let bed = bed(way).await;
    assert_eq!(bed.shard.dives(&State::new()).await, Ok(true));
    assert_eq!(bed.heir.dives.load(Ordering::SeqCst), 32);
}

async fn a_longer_timeout_ends_with_the_outer_call(way: Way) {
    let bed = bed(way).await;
    let start = Instant::now();
    let outcome = bed.shard.waits(&within_ms(150), token_of(&bed.nodes.callee)).await;
    on_time(start, 150);
    // Both end at one moment, and the inner one may be first.
    assert!(matches!(outcome, Ok(()) | Err(CallError::Unknown { .. })), "{outcome:?}");
    assert_eq!(bed.probe.runs("hangs"), 1);
    until(Duration::from_secs(1), "nothing runs", || bed.nodes.callee.running() == 0).await;
}
