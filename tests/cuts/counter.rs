use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shard_runtime::sharded_module;

/// Counts each call's runs.
pub(crate) struct Counter([AtomicU32; Self::IDS]);

impl Counter {
    /// Ids are below that.
    pub(crate) const IDS: usize = 256;

    /// What a call of that id is answered.
    pub(crate) fn answer(id: u64) -> u64 {
        id * 1_000 + 7
    }

    /// How often the body of that call has run.
    pub(crate) fn runs(&self, id: u64) -> u32 {
        self.0[usize::try_from(id).unwrap()].load(Ordering::SeqCst)
    }

    /// How often any has.
    pub(crate) fn all_runs(&self) -> u32 {
        self.0.iter().map(|count| count.load(Ordering::SeqCst)).sum()
    }

    fn ran(&self, id: u64) -> u64 {
        self.0[usize::try_from(id).unwrap()].fetch_add(1, Ordering::SeqCst);
        Self::answer(id)
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self([const { AtomicU32::new(0) }; Self::IDS])
    }
}

#[sharded_module]
impl Counter {
    /// Ready at once.
    pub(crate) fn quick(&self, id: u64) -> u64 {
        self.ran(id)
    }

    /// Ready after a turn of the scheduler, with more to carry.
    pub(crate) async fn padded(&self, id: u64, padding: &[u8]) -> (u64, Vec<u8>) {
        let answer = self.ran(id);
        tokio::task::yield_now().await;
        (answer, padding.to_vec())
    }

    pub(crate) async fn slow(&self, id: u64, millis: u64) -> u64 {
        let answer = self.ran(id);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        answer
    }

    #[blocking]
    pub(crate) fn blocking(&self, id: u64) -> u64 {
        self.ran(id)
    }

    pub(crate) async fn hangs(&self, id: u64) -> u64 {
        let answer = self.ran(id);
        std::future::pending::<()>().await;
        answer
    }
}
