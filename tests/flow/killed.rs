//! I11: whoever called is killed, and what it asked for ends.

use std::time::Duration;

use shard_runtime::{CallError, State};
use tokio::time::Instant;

use crate::driver::Large;
use crate::fleet::Fleet;
use crate::patience::{patient, within};

/// I11.
const SOON: Duration = Duration::from_secs(1);

async fn open(fleet: &Fleet, expected: [u64; 2]) -> Duration {
    let start = Instant::now();
    let test = async {
        loop {
            let open = [fleet.members[1].health().await.open, fleet.members[2].health().await.open];
            if open == expected {
                return start.elapsed();
            }
        }
    };
    within(SOON, "what is open", test).await
}

#[tokio::test]
async fn the_handlers_of_a_caller_that_is_killed_end_and_those_that_they_have_called() {
    patient(async {
        let mut fleet = Fleet::of(3).await;
        let [caller, next, last] = &fleet.members[..] else { panic!("three") };
        let call = {
            let (driver, next, last) = (caller.driver.clone(), next.token(), last.token());
            tokio::spawn(async move { driver.hangs_in(&State::new(), next, last).await })
        };
        open(&fleet, [1, 1]).await;
        caller.driver.holds(&State::new(), next.token(), 3).await.unwrap();
        open(&fleet, [4, 1]).await;
        fleet.members[0].process.kill();
        let took = open(&fleet, [0, 0]).await;
        println!("the handlers and streams of a killed caller have ended after {took:?}");
        let error = call.await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
        fleet.members.remove(0);
        fleet.idle().await;
    })
    .await;
}

/// Its large calls have come in part, and of large answers a part has left.
#[tokio::test]
async fn what_has_come_in_part_is_given_up() {
    patient(async {
        let mut fleet = Fleet::of(2).await;
        let [caller, callee] = &fleet.members[..] else { panic!("two") };
        let large = Large { each_way: 2, size: 12 << 20, pause: 0 };
        let call = {
            let (driver, callee) = (caller.driver.clone(), callee.token());
            tokio::spawn(async move { driver.calls_beside(&State::new(), callee, u64::MAX, large).await })
        };
        within(Duration::from_secs(10), "some is under way", async {
            loop {
                let health = callee.health().await;
                if health.bytes_in > 0 && health.bytes_out > 0 {
                    break;
                }
            }
        })
        .await;
        fleet.members[0].process.kill();
        call.await.unwrap().unwrap_err();
        fleet.members.remove(0);
        fleet.idle().await;
    })
    .await;
}
