use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shard_runtime::{Incoming, MemberState, Shard as _, ShardToken, State, sharded_module};
use tokio::time::sleep;

use crate::dropped::Dropped;
use crate::rounds::Times;
use crate::works::{Works, WorksShard};

/// Who calls: it does as the test tells it, from its own process.
#[derive(Default)]
pub(crate) struct Driver {
    /// Streams that it does not read.
    held: Mutex<Vec<Incoming<(u64, String)>>>,
}

/// A stream that is to be read to its end.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) count: u64,
    pub(crate) size: usize,
    /// How often the reader stops on its way, and for how many milliseconds.
    pub(crate) pauses: u64,
    pub(crate) millis: u64,
}

/// Large calls beside others.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Large {
    /// How many there are at a time, each way.
    pub(crate) each_way: usize,
    pub(crate) size: usize,
    /// How many milliseconds lie between two of them.
    pub(crate) pause: u64,
}

#[sharded_module]
impl Driver {
    /// How many active members its node sees.
    pub(crate) fn sees(&self, state: &State) -> usize {
        let members = state.node().expect("it is its own node").members();
        members.iter().filter(|member| member.state == MemberState::Active).count()
    }

    /// Reads a stream, and says how many microseconds that took without the pauses.
    pub(crate) async fn reads(&self, state: &State, from: ShardToken, plan: Plan) -> u64 {
        let Plan { count, size, pauses, millis } = plan;
        let mut incoming = works(state, &from).blocks(count, size).await.unwrap();
        let (start, mut next) = (Instant::now(), 0);
        while let Some(item) = incoming.next().await {
            let (n, text) = item.unwrap();
            assert_eq!((n, text.len()), (next, size), "in order, without gaps, whole");
            next += 1;
            if pauses > 0 && next.is_multiple_of(count / pauses) {
                sleep(Duration::from_millis(millis)).await;
            }
        }
        assert_eq!(next, count);
        micros(start).saturating_sub(pauses * millis * 1_000)
    }

    /// Opens so many streams that it will not read.
    pub(crate) async fn holds(&self, state: &State, from: ShardToken, streams: u64) {
        for _ in 0..streams {
            let incoming = works(state, &from).blocks(u64::MAX, 1_000).await.unwrap();
            self.held.lock().unwrap().push(incoming);
        }
    }

    pub(crate) fn lets_go(&self) {
        self.held.lock().unwrap().clear();
    }

    /// Makes so many small calls, one after another.
    pub(crate) async fn calls(&self, state: &State, to: ShardToken, count: u64) -> Times {
        let works = works(state, &to);
        let mut times = Vec::new();
        for id in 0..count {
            let start = Instant::now();
            assert_eq!(works.quick(id).await, Ok(id));
            times.push(micros(start));
        }
        Times::of(times)
    }

    /// The same beside large calls, and how many of these have ended.
    pub(crate) async fn calls_beside(
        &self,
        state: &State,
        to: ShardToken,
        count: u64,
        large: Large,
    ) -> (Times, u64) {
        static DONE: AtomicU64 = AtomicU64::new(0);
        let before = DONE.load(Ordering::SeqCst);
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..2 * large.each_way {
            let (works, there) = (works(state, &to), n.is_multiple_of(2));
            tasks.spawn(async move {
                let text = "x".repeat(if there { large.size } else { 0 });
                let back = if there { 0 } else { large.size };
                loop {
                    assert_eq!(works.carries(None, &text, back).await.unwrap().len(), back);
                    DONE.fetch_add(1, Ordering::SeqCst);
                    sleep(Duration::from_millis(large.pause)).await;
                }
            });
        }
        // None of them is only about to begin.
        while DONE.load(Ordering::SeqCst) < before + 2 * large.each_way as u64 {
            sleep(Duration::from_millis(1)).await;
        }
        let times = self.calls(state, to, count).await;
        assert!(tasks.try_join_next().is_none(), "none has failed");
        tasks.shutdown().await;
        (times, DONE.load(Ordering::SeqCst) - before)
    }

    /// Makes the calls of these ids, and drops each at some point.
    pub(crate) async fn drops(&self, state: &State, to: ShardToken, ids: Range<u64>) -> Dropped {
        crate::dropped::drop_all(&works(state, &to), ids).await
    }

    /// Hangs in a call to one that hangs in a call to the last.
    pub(crate) async fn hangs_in(&self, state: &State, next: ShardToken, last: ShardToken) {
        let _ = works(state, &next).hangs_behind(state, last).await;
    }
}

pub(crate) fn works(state: &State, token: &ShardToken) -> WorksShard {
    let works = state.module::<Works>().get_shard(token).unwrap();
    // As long as the one may take who asked for it.
    works.timeout(Duration::MAX)
}

pub(crate) fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap()
}
