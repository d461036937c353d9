//! Many who call at once, each again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::callers::Caller;
use crate::usage::Usage;

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Calls in a second.
    pub(crate) rate: f64,
    /// Microseconds of all processes for a call; where the system tells.
    pub(crate) cpu: Option<f64>,
    /// Context switches of all processes for a call; where the system tells.
    pub(crate) switches: Option<f64>,
}

impl Load {
    /// Of so many tasks in that time.
    pub(crate) async fn of(caller: &impl Caller, tasks: u32, time: Duration, processes: &[u32]) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let (before, start) = (Usage::of(processes), Instant::now());
        let mut calls = JoinSet::new();
        for _ in 0..tasks {
            let (caller, done) = (caller.clone(), Arc::clone(&done));
            calls.spawn(async move {
                let mut count = 0_u32;
                while !done.load(Ordering::Relaxed) {
                    caller.call().await;
                    count += 1;
                }
                count
            });
        }
        tokio::time::sleep(time).await;
        done.store(true, Ordering::Relaxed);
        let count = f64::from(calls.join_all().await.into_iter().sum::<u32>());
        let (took, after) = (start.elapsed(), Usage::of(processes));
        let used = before.zip(after).map(|(before, after)| after.since(before));
        Self {
            rate: count / took.as_secs_f64(),
            cpu: used.map(|used| used.cpu.as_secs_f64() * 1e6 / count),
            switches: used.map(|used| used.switches / count),
        }
    }
}
