//! What the way from one node to another is like.

use std::collections::HashMap;
use std::time::Duration;

/// One direction between two nodes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link {
    /// Nothing gets through. Nobody is told.
    pub(super) cut: bool,
    /// How long a byte is on its way.
    pub(super) delay: Duration,
}

/// The directions that are not as good as new.
#[derive(Debug, Default)]
pub(super) struct Links {
    changed: HashMap<(String, String), Link>,
}

impl Links {
    pub(super) fn get(&self, from: &str, to: &str) -> Link {
        self.changed.get(&(from.to_owned(), to.to_owned())).copied().unwrap_or_default()
    }

    pub(super) fn change(&mut self, from: &str, to: &str, change: impl FnOnce(&mut Link)) {
        let link = self.changed.entry((from.to_owned(), to.to_owned())).or_default();
        change(link);
    }
}
