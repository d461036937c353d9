//! An idempotent method is one like any other until something gets lost, which `cuts` sees to.

use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use shard_runtime::{CallError, Unknown, sharded_module};
use tokio::time::Instant;

use crate::bed::{Bed, Way, on_time, within_ms};

in_four_ways!(an_answer_is_an_answer, a_deadline_is_the_end);

#[derive(Default)]
struct Ledger {
    runs: AtomicU32,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("no")]
struct No;

#[sharded_module]
impl Ledger {
    #[idempotent]
    fn put(&self, value: u64) -> u64 {
        self.runs.fetch_add(1, Ordering::SeqCst);
        value
    }

    #[idempotent]
    async fn fails(&self) -> Result<u64, No> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Err(No)
    }

    #[idempotent]
    async fn panics(&self) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        panic!("no")
    }

    #[idempotent]
    async fn hangs(&self) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    }
}

/// `Module` and `Panicked` are answers: nothing is asked again.
async fn an_answer_is_an_answer(way: Way) {
    let bed = Bed::<Ledger>::of(way).await;
    let runs = || bed.module.runs.swap(0, Ordering::SeqCst);
    assert_eq!((bed.shard.put(7).await, runs()), (Ok(7), 1));
    let error = bed.shard.fails().await.unwrap_err();
    assert!(matches!(error, CallError::Module { error: No, .. }), "{error:?}");
    assert_eq!(runs(), 1);
    let error = bed.shard.panics().await.unwrap_err();
    assert!(matches!(error, CallError::Panicked { .. }), "{error:?}");
    assert_eq!(runs(), 1);
}

async fn a_deadline_is_the_end(way: Way) {
    let bed = Bed::<Ledger>::of(way).await;
    let start = Instant::now();
    let error = within_ms(120).scope(bed.shard.hangs()).await.unwrap_err();
    on_time(start, 120);
    assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
    assert_eq!(bed.module.runs.load(Ordering::SeqCst), 1);
}
