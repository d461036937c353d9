//! Whoever does not read holds up nobody else.

use std::time::Duration;

use shard_runtime::State;

use crate::driver::Plan;
use crate::fleet::Fleet;
use crate::patience::within;
use crate::rounds::{MANY, Times, alone, asserted};

/// With and without in turn, so that what else the machine does is the same for both.
const ROUNDS: usize = 5;

const READERS: u64 = 4;

/// What one round has measured: how long a stream took to read, and how long calls took.
type Round = (u64, Times);

async fn round(fleet: &Fleet) -> Round {
    let [caller, callee] = &fleet.members[..] else { panic!("two") };
    let plan = Plan { count: MANY * 8 * 1024, size: 1024, pauses: 0, millis: 0 };
    let stream = caller.driver.reads(&State::new(), callee.token(), plan).await.unwrap();
    let calls = caller.driver.calls(&State::new(), callee.token(), 1_000 * MANY).await.unwrap();
    (stream, calls)
}

/// The best of several: whatever else disturbs them makes them worse.
fn best(rounds: &[Round]) -> (u64, u64) {
    let best = |of: fn(&Round) -> u64| rounds.iter().map(of).min().unwrap();
    (best(|(stream, _)| *stream), best(|(_, calls)| calls.most))
}

#[tokio::test]
async fn readers_that_do_not_read_hold_up_nobody_else() {
    let test = async {
        let _alone = alone().await;
        let fleet = Fleet::of(2).await;
        let [caller, callee] = &fleet.members[..] else { panic!("two") };
        round(&fleet).await;
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            without.push(round(&fleet).await);
            caller.driver.holds(&State::new(), callee.token(), READERS).await.unwrap();
            with.push(round(&fleet).await);
            assert_eq!(callee.health().await.open, READERS, "they are there all the time");
            caller.driver.lets_go().await.unwrap();
            fleet.idle().await;
        }
        let (before, beside) = (best(&without), best(&with));
        println!(
            "a stream: {} µs, beside {READERS} that are not read {} µs; calls: 99 % within {} µs, beside them {} µs",
            before.0, beside.0, before.1, beside.1
        );
        println!("without {without:?}\nwith {with:?}");
        if asserted() {
            assert!(beside.0 * 2 <= before.0 * 3, "streams");
            assert!(beside.1 * 2 <= before.1 * 3, "calls");
        }
    };
    within(Duration::from_secs(120), "the test", test).await;
}
