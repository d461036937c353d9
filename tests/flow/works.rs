use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt as _};
use shard_runtime::{ShardToken, State, sharded_module};
use tokio::time::sleep;

use crate::health::{Health, forget_peak};

/// What is called.
pub(crate) struct Works {
    /// Streams and handlers that are there.
    open: Arc<AtomicU64>,
    /// How often the body of each call has run that has an id.
    runs: Box<[AtomicU8]>,
}

/// Ids are below that.
pub(crate) const IDS: u64 = 1_000_000;

impl Default for Works {
    fn default() -> Self {
        Self { open: Arc::default(), runs: (0..IDS).map(|_| AtomicU8::new(0)).collect() }
    }
}

/// Counts something as long as it is there.
struct Open(Arc<AtomicU64>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[sharded_module]
impl Works {
    #[local]
    pub(crate) fn open(&self) -> u64 {
        self.open.load(Ordering::SeqCst)
    }

    #[local]
    fn opens(&self) -> Open {
        self.open.fetch_add(1, Ordering::SeqCst);
        Open(Arc::clone(&self.open))
    }

    #[local]
    fn ran(&self, id: u64) -> u64 {
        self.runs[usize::try_from(id).unwrap()].fetch_add(1, Ordering::SeqCst);
        id
    }

    /// How it is, after what it has done.
    pub(crate) fn health(&self, state: &State) -> Health {
        Health::of(&state.node().expect("it is its own node"), self.open())
    }

    pub(crate) fn forget_peak(&self) {
        forget_peak();
    }

    /// How many of the calls with an id have run, and the most times that one of them has.
    pub(crate) fn runs(&self) -> (u64, u8) {
        let runs = || self.runs.iter().map(|count| count.load(Ordering::SeqCst));
        (runs().map(|count| u64::from(count > 0)).sum(), runs().max().unwrap_or_default())
    }

    /// Ready at once.
    pub(crate) fn quick(&self, id: u64) -> u64 {
        self.ran(id)
    }

    /// Ready after so many turns, and so many milliseconds.
    pub(crate) async fn later(&self, id: u64, turns: u32, millis: u64) -> u64 {
        let _open = self.opens();
        let id = self.ran(id);
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        sleep(Duration::from_millis(millis)).await;
        id
    }

    /// Takes so many bytes, and gives so many.
    /// Its answer is ready, so that what takes long is the way there.
    pub(crate) fn carries(&self, id: Option<u64>, text: &str, size: usize) -> Cow<'static, str> {
        static READY: LazyLock<String> = LazyLock::new(|| "x".repeat(16 << 20));

        id.map(|id| self.ran(id));
        let _open = self.opens();
        // Not each byte: that would take its thread longer than all that the runtime does with them.
        assert!(text.is_empty() || text.starts_with('x') && text.ends_with('x'));
        Cow::Borrowed(&READY[..size])
    }

    pub(crate) async fn hangs(&self) {
        let _open = self.opens();
        std::future::pending::<()>().await;
    }

    /// Hangs in a call to the next one.
    pub(crate) async fn hangs_behind(&self, state: &State, next: ShardToken) {
        let _open = self.opens();
        let next = state.module::<Self>().get_shard(&next).unwrap();
        let _ = next.hangs().await;
    }

    /// So many items, each with its number and so many bytes.
    pub(crate) fn blocks(&self, count: u64, size: usize) -> impl Stream<Item = (u64, String)> + Send {
        let open = self.opens();
        stream::iter(0..count).map(move |n| {
            let _ = &open;
            (n, "x".repeat(size))
        })
    }

    /// The same with an id.
    pub(crate) fn counted_blocks(&self, id: u64, count: u64) -> impl Stream<Item = (u64, String)> + Send {
        self.ran(id);
        self.blocks(count, 1_000)
    }

    /// One item after each pause.
    pub(crate) fn ticks(&self, millis: u64, size: usize) -> impl Stream<Item = (u64, String)> + Send {
        self.blocks(u64::MAX, size).then(move |item| async move {
            sleep(Duration::from_millis(millis)).await;
            item
        })
    }
}
