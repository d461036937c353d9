//! How much room a call takes in the future of whoever makes it.

use shard_runtime::testing::Fake;
use shard_runtime::{State, sharded_module};

struct Small;

#[sharded_module]
impl Small {
    async fn number(&self, _state: &State, number: u64) -> u64 {
        number
    }
}

/// It is moved and kept by whoever waits, however seldom most of what a call may need is needed.
#[tokio::test]
async fn a_calls_future_is_small() {
    let shard = Fake::<Small>::new().shard("any");
    let state = State::new();
    let call = shard.number(&state, 1);
    let size = size_of_val(&call);
    println!("the future of a call has {size} bytes, a `State` {}", size_of::<State>());
    drop(call);
    assert!(size <= 2_048, "{size} bytes");
}
