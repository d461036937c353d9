//! Names the methods that hold up a link.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// A method is named at most this often.
const EVERY: Duration = Duration::from_secs(10);

/// When each method was last named. Bounded by the number of methods in the program.
#[derive(Default)]
pub(super) struct Watchdog(Mutex<HashMap<&'static str, Instant>>);

impl Watchdog {
    /// Logs that a method took the link's task for `took`.
    #[cold]
    pub(super) fn slow(&self, method: &'static str, took: Duration) {
        let now = Instant::now();
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if named.get(method).is_some_and(|last| now.saturating_duration_since(*last) < EVERY) {
            return;
        }
        named.insert(method, now);
        tracing::warn!(
            method,
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "the method held up its link before its first await: mark a plain one `#[blocking]`, or let an \
             async one yield"
        );
    }
}
