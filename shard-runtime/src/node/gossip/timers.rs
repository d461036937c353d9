//! What is to happen later, in the order of its time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use tokio::time::{Instant, sleep_until};

/// Timers with something in each.
#[derive(Debug)]
pub(super) struct Timers<T> {
    heap: BinaryHeap<Reverse<Due<T>>>,
    count: u64,
}

#[derive(Debug)]
struct Due<T> {
    at: Instant,
    /// Of two at one time the one that was set first.
    number: u64,
    what: T,
}

impl<T> Timers<T> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), count: 0 }
    }

    pub(super) fn set(&mut self, at: Instant, what: T) {
        self.heap.push(Reverse(Due { at, number: self.count, what }));
        self.count += 1;
    }

    /// Waits for the next one; for ever, if there is none. Nothing is lost when the wait is given up.
    pub(super) async fn next(&mut self) -> T {
        loop {
            let Some(Reverse(first)) = self.heap.peek() else { return core::future::pending().await };
            sleep_until(first.at).await;
            if let Some(Reverse(due)) = self.heap.pop() {
                return due.what;
            }
        }
    }

    /// The next one whose time has come `now`.
    pub(super) fn due(&mut self, now: Instant) -> Option<T> {
        self.heap.peek().filter(|Reverse(first)| first.at <= now)?;
        self.heap.pop().map(|Reverse(due)| due.what)
    }
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Due<T> {}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn come_in_the_order_of_their_time() {
        let start = Instant::now();
        let mut timers = Timers::new();
        for (millis, what) in [(30, 'c'), (10, 'a'), (20, 'b'), (10, 'z')] {
            timers.set(start + Duration::from_millis(millis), what);
        }
        for expected in ['a', 'z', 'b', 'c'] {
            assert_eq!(timers.next().await, expected);
        }
        assert_eq!(start.elapsed(), Duration::from_millis(30));
        assert!(tokio::time::timeout(Duration::from_secs(1), timers.next()).await.is_err());
    }
}
