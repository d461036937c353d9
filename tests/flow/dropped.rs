//! Calls whose futures are dropped, at whatever point, leave nothing behind, and none of them runs twice (I1, I9).

use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shard_runtime::{CallError, NotStarted, State};

use crate::driver::{Plan, micros};
use crate::fleet::Fleet;
use crate::patience::within;
use crate::rounds::{alone, set_by};
use crate::works::{IDS, WorksShard};

/// How many calls there are, where somebody has time for more than is said here.
const CALLS: &str = "FLOW_DROPPED_CALLS";

/// How much more memory a process may take after the second half than after the first, in KiB.
const MORE: u64 = 4 * 1024;

/// What became of them on their caller's side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dropped {
    /// Before they had ended.
    pub(crate) early: u64,
    pub(crate) ok: u64,
    pub(crate) refused: u64,
}

/// Makes the calls of these ids, several at a time, and drops each at some point.
pub(crate) async fn drop_all(works: &WorksShard, ids: Range<u64>) -> Dropped {
    const AT_A_TIME: u64 = 32;
    let next = Arc::new(AtomicU64::new(ids.start));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..AT_A_TIME {
        let (works, next, end) = (works.clone(), Arc::clone(&next), ids.end);
        tasks.spawn(async move {
            let mut sum = Dropped::default();
            loop {
                let id = next.fetch_add(1, Ordering::Relaxed);
                if id >= end {
                    return sum;
                }
                match drop_one(&works, id).await {
                    None => sum.early += 1,
                    Some(Ok(())) => sum.ok += 1,
                    Some(Err(CallError::NotStarted { reason: NotStarted::Overloaded, .. })) => {
                        sum.refused += 1;
                    }
                    Some(Err(error)) => panic!("call {id}: {error:?}"),
                }
            }
        });
    }
    tasks.join_all().await.into_iter().fold(Dropped::default(), |sum, one| Dropped {
        early: sum.early + one.early,
        ok: sum.ok + one.ok,
        refused: sum.refused + one.refused,
    })
}

/// Makes one call, and drops it at a point that its id decides. `None`: before it had ended.
async fn drop_one(works: &WorksShard, id: u64) -> Option<Result<(), CallError>> {
    let random = scattered(id);
    let (what, when, how_long) = (random % 64, random >> 8 & 7, random >> 16 & 0xff);
    let hangs = (40..48).contains(&what);
    let call = pin!(async {
        match what {
            0 => works.carries(Some(id), &"x".repeat(100_000), 100_000).await.map(drop),
            1..8 => {
                let mut incoming = works.counted_blocks(id, 200).await?;
                while incoming.next().await.transpose()?.is_some() {}
                Ok(())
            }
            8..24 => works.later(id, u32::try_from(what).unwrap(), 0).await.map(drop),
            24..40 => works.later(id, 0, 1).await.map(drop),
            40..48 => works.later(id, 0, 60_000).await.map(drop),
            _ => works.quick(id).await.map(drop),
        }
    });
    let point = async {
        match when {
            // It has been polled once.
            0..2 => {}
            // After some turns of the scheduler.
            2..4 => {
                for _ in 0..how_long {
                    tokio::task::yield_now().await;
                }
            }
            // After some time, which no timer measures so finely.
            4..6 => {
                let start = Instant::now();
                while micros(start) < how_long * 10 {
                    tokio::task::yield_now().await;
                }
            }
            // Late enough for all but those that hang.
            6 => tokio::time::sleep(Duration::from_millis(if hangs { how_long / 16 } else { 10_000 })).await,
            // It is never polled.
            _ => unreachable!("it has returned before"),
        }
    };
    if when == 7 {
        return None;
    }
    tokio::select! {
        biased;
        ended = call => Some(ended),
        () = point => None,
    }
}

/// A number that looks like chance, and is the same in each run.
fn scattered(id: u64) -> u64 {
    let mut x = id.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[tokio::test]
async fn futures_that_are_dropped_anywhere_leave_nothing() {
    let test = async {
        let _alone = alone().await;
        let count = set_by(CALLS, 50_000).min(IDS);
        let fleet = Fleet::of(2).await;
        let [caller, callee] = &fleet.members[..] else { panic!("two") };
        let (start, mut halves, mut memory) = (Instant::now(), Vec::new(), Vec::new());
        for ids in [0..count / 2, count / 2..count] {
            halves.push(caller.driver.drops(&State::new(), callee.token(), ids).await.unwrap());
            memory.push([caller.idle().await.resident, callee.idle().await.resident]);
        }
        let (runs, most) = callee.works.runs().await.unwrap();
        println!(
            "{count} calls in {:?}: {halves:?}; {runs} ran, none more than {most} times; KiB after each half: {memory:?}",
            start.elapsed()
        );
        assert_eq!(most, 1, "I1");
        let ok = halves.iter().map(|half| half.ok).sum();
        // Some have come to an end before their point.
        assert!((ok..count).contains(&runs) && ok > count / 20, "I3");
        // As good as new: of streams as well.
        let plan = Plan { count: 100, size: 1_000, pauses: 0, millis: 0 };
        caller.driver.reads(&State::new(), callee.token(), plan).await.unwrap();
        for (first, second) in memory[0].iter().zip(memory[1]) {
            assert!(second <= first + MORE, "{memory:?}");
        }
    };
    within(Duration::from_secs(900), "the test", test).await;
}
