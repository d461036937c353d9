//! One call after the other.

use std::time::{Duration, Instant};

use crate::callers::Caller;

/// How long they took, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trips {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Trips {
    /// Of so many calls, made by one task of the runtime.
    pub(crate) async fn of(caller: &impl Caller, count: u32) -> Self {
        let caller = caller.clone();
        let trips = tokio::spawn(async move {
            let mut trips = Vec::new();
            for _ in 0..count {
                let start = Instant::now();
                caller.call().await;
                trips.push(start.elapsed());
            }
            trips
        });
        Self::from_all(trips.await.expect("no call fails"))
    }

    pub(crate) fn from_all(mut trips: Vec<Duration>) -> Self {
        trips.sort();
        let at = |percent: usize| {
            let trip = trips.get(trips.len() * percent / 100).copied().unwrap_or_default();
            trip.as_secs_f64() * 1e6
        };
        Self { p50: at(50), p99: at(99) }
    }

    /// The better of both, in each figure.
    pub(crate) fn least(self, other: Self) -> Self {
        Self { p50: self.p50.min(other.p50), p99: self.p99.min(other.p99) }
    }
}
