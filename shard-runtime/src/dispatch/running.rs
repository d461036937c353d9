//! How many handlers run on a node.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Counts the handlers that run, up to a limit.
pub(crate) struct RunningCount {
    count: Arc<AtomicUsize>,
    limit: usize,
}

impl RunningCount {
    pub(crate) fn new(limit: usize) -> Self {
        Self { count: Arc::default(), limit }
    }

    /// A place for one handler more, if there is one.
    pub(crate) fn enter(&self) -> Option<Place<'_>> {
        let place = Place(&self.count);
        // Counted first and looked at afterwards, so that two arrivals cannot both take the last place.
        (self.count.fetch_add(1, Ordering::SeqCst) < self.limit).then_some(place)
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// A handler's place among the running ones, given up on drop: of one that ends where it began.
pub(crate) struct Place<'a>(&'a Arc<AtomicUsize>);

impl Place<'_> {
    /// The same for one that goes on elsewhere.
    pub(crate) fn keep(self) -> Admitted {
        let admitted = Admitted(Arc::clone(self.0));
        core::mem::forget(self);
        admitted
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A handler's place among the running ones, given up on drop.
pub(crate) struct Admitted(Arc<AtomicUsize>);

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_back() {
        let running = RunningCount::new(2);
        let one = running.enter().unwrap().keep();
        let _two = running.enter().unwrap();
        assert!(running.enter().is_none());
        assert_eq!(running.count(), 2);
        drop(one);
        assert!(running.enter().is_some());
    }
}
