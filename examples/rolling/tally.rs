//! What the nodes do: they count, and note by number each call that runs.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shard_runtime::{Key, State, sharded_module};
use tokio::time::sleep;

#[derive(Default)]
pub(crate) struct Tally {
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    counts: HashMap<Key, u64>,
    /// The number of each call that has begun here, in order.
    ran: Vec<u64>,
}

#[sharded_module]
impl Tally {
    /// Counts one more for the shard's key, and returns how many there are here by now. Nothing is carried over
    /// when a key moves: its next owner begins again.
    pub(crate) fn add(&self, state: &State, call: u64) -> u64 {
        let mut book = self.book();
        book.ran.push(call);
        let count = book.counts.entry(state.key().clone()).or_default();
        *count += 1;
        *count
    }

    /// One move of a session, which takes so long.
    pub(crate) async fn play(&self, call: u64, millis: u64) -> u64 {
        self.book().ran.push(call);
        sleep(Duration::from_millis(millis)).await;
        call
    }

    /// The calls that have begun here.
    #[local]
    pub(crate) fn ran(&self) -> Vec<u64> {
        self.book().ran.clone()
    }

    #[local]
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
