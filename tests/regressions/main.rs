//! What a review of the calls found. Each of these fails before what it names is mended.

#![expect(clippy::unused_async, reason = "what is tested of a method is that it is `async`")]
#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod forms;
mod large;
mod lost;
mod plain;
mod room;
mod size;
mod streams;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts what is there.
#[derive(Default, Clone)]
struct Count(Arc<AtomicU32>);

/// One of them.
struct One(Count);

impl Count {
    fn one(&self) -> One {
        self.0.fetch_add(1, Ordering::SeqCst);
        One(self.clone())
    }

    fn now(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}
