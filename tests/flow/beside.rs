//! Small calls pass large ones.

use std::time::Duration;

use shard_runtime::State;

use crate::driver::Large;
use crate::fleet::Fleet;
use crate::patience::within;
use crate::rounds::{MANY, alone, asserted};

const ROUNDS: usize = 3;

/// How much later a small call may end, in microseconds.
const LATER: u64 = 5_000;

/// Almost as large as a message may be.
const SIZE: usize = (16 << 20) - 1_024;

/// The 99th percentiles of calls alone and beside large ones, the best of several rounds.
async fn measured(fleet: &Fleet, large: Large) -> (u64, u64) {
    let [caller, callee] = &fleet.members[..] else { panic!("two") };
    let (state, count) = (State::new(), 500 * MANY);
    let (mut before, mut beside) = (u64::MAX, u64::MAX);
    for _ in 0..ROUNDS {
        let alone = caller.driver.calls(&state, callee.token(), count).await.unwrap();
        let calls = caller.driver.calls_beside(&state, callee.token(), count, large);
        let (times, done) = calls.await.unwrap();
        println!("{times:?} beside {done} large calls, before {alone:?}");
        // Where one waited for the other, there would be about as many of these as of those.
        assert!(done * 5 < count, "{done} large calls and {count} small ones");
        (before, beside) = (before.min(alone.most), beside.min(times.most));
        fleet.idle().await;
    }
    (before, beside)
}

#[tokio::test]
async fn small_calls_pass_large_ones() {
    let test = async {
        let _alone = alone().await;
        let fleet = Fleet::of(2).await;
        let busy = measured(&fleet, Large { each_way: 1, size: SIZE, pause: 0 }).await;
        let paced = measured(&fleet, Large { each_way: 1, size: SIZE, pause: 50 }).await;
        println!("99 % within {} µs, beside large calls one after another {} µs", busy.0, busy.1);
        println!("99 % within {} µs, beside large calls with pauses {} µs", paced.0, paced.1);
        for (before, beside) in [busy, paced] {
            assert!(!asserted() || beside <= before + LATER);
        }
    };
    within(Duration::from_secs(300), "the test", test).await;
}
