//! Calls at a pace that does not wait for their answers, and what became of them.

use std::time::Duration;

use shard_runtime::{CallError, NotStarted};
use tokio::time::{Instant, sleep};

use crate::bed::MillShard;

/// One call, from the moment at which it was made.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Result<u64, CallError>,
    pub(crate) took: Duration,
}

impl Ended {
    pub(crate) async fn of(call: impl Future<Output = Result<u64, CallError>>) -> Self {
        let start = Instant::now();
        let outcome = call.await;
        Self { outcome, took: start.elapsed() }
    }

    /// Refused for want of room.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.outcome, Err(CallError::NotStarted { reason: NotStarted::Overloaded, .. }))
    }
}

/// How many calls per second the callee does when there are always enough, and so few that none has to wait for long.
/// Their ids begin at `first` times 2^32.
pub(crate) async fn capacity(shard: &MillShard, first: u64, time: Duration) -> f64 {
    const AT_A_TIME: u64 = 24;
    let start = Instant::now();
    let worker = |number: u64| {
        let shard = shard.clone();
        tokio::spawn(async move {
            let (mut made, mut done) = (number << 32, 0);
            while start.elapsed() < time {
                made += 1;
                // One is refused when the machine stood still.
                done += usize::from(shard.grind(made).await.is_ok());
            }
            done
        })
    };
    let workers: Vec<_> = (first..first + AT_A_TIME).map(worker).collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    per_second(done, start.elapsed())
}

/// So many calls per second for so long; how long it took until the last had ended, and what became of all.
pub(crate) async fn open(shard: &MillShard, rate: f64, time: Duration) -> (Duration, Vec<Ended>) {
    let start = Instant::now();
    let (mut calls, mut made) = (Vec::new(), 0_u32);
    while start.elapsed() < time {
        let due = rate * start.elapsed().as_secs_f64();
        while f64::from(made) < due {
            let (shard, id) = (shard.clone(), u64::from(made));
            made += 1;
            calls.push(tokio::spawn(Ended::of(async move { shard.grind(id).await })));
        }
        sleep(Duration::from_millis(1)).await;
    }
    let mut ended = Vec::new();
    for call in calls {
        ended.push(call.await.unwrap());
    }
    (start.elapsed(), ended)
}

pub(crate) fn per_second(calls: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(calls).unwrap()) / time.as_secs_f64()
}

/// The time in which so many of a thousand calls had ended.
pub(crate) fn quantile<'a>(calls: impl Iterator<Item = &'a Ended>, of_thousand: usize) -> Duration {
    let mut times: Vec<_> = calls.map(|call| call.took).collect();
    times.sort_unstable();
    times[times.len() * of_thousand / 1_000]
}
