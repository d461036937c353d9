//! Small calls pass large ones.

use std::time::Duration;

use shard_runtime::State;

use crate::driver::Large;
use crate::fleet::Fleet;
use crate::patience::within;
use crate::rounds::{MANY, Times, alone, asserted};

const ROUNDS: usize = 5;

/// How much later a small call may end, in microseconds.
const LATER: u64 = 5_000;

/// Almost as large as a message may be.
const SIZE: usize = (16 << 20) - 1_024;

#[tokio::test]
async fn small_calls_pass_large_ones() {
    let test = async {
        let _alone = alone().await;
        let fleet = Fleet::of(2).await;
        let [caller, callee] = &fleet.members[..] else { panic!("two") };
        let (large, count) = (Large { each_way: 1, size: SIZE }, 500 * MANY);
        let (mut before, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            before.push(caller.driver.calls(&State::new(), callee.token(), count).await.unwrap());
            let state = State::new();
            let calls = caller.driver.calls_beside(&state, callee.token(), count, large);
            let (times, done) = calls.await.unwrap();
            println!("{times:?} beside {done} large calls, before {:?}", before.last());
            // If they waited for each other, each of the two kinds of large ones would end as often.
            assert!(done * 5 < count, "{done} large calls and {count} small ones");
            beside.push(times);
            fleet.idle().await;
        }
        let best = |times: &[Times]| times.iter().map(|times| times.most).min().unwrap();
        println!("99 % within {} µs, beside large calls within {} µs", best(&before), best(&beside));
        assert!(!asserted() || best(&beside) <= best(&before) + LATER);
    };
    within(Duration::from_secs(300), "the test", test).await;
}
