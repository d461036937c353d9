use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// How many bytes may wait on a node, over all its links.
#[derive(Debug)]
pub(crate) struct Room {
    used: AtomicUsize,
    limit: usize,
}

/// Some of it, given back on drop.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<Room>,
    bytes: usize,
}

/// A part of a node's room, for one link: what one peer takes is not everybody's.
#[derive(Debug)]
pub(crate) struct Part {
    node: Arc<Room>,
    link: Arc<Room>,
}

impl Part {
    pub(crate) fn new(node: &Arc<Room>, limit: usize) -> Self {
        Self { node: Arc::clone(node), link: Arc::new(Room::new(limit)) }
    }

    /// Takes room, if there is so much on the link and on the node.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        if !self.link.take(bytes) {
            return false;
        }
        let taken = self.node.take(bytes);
        if !taken {
            self.link.give(bytes);
        }
        taken
    }

    pub(crate) fn give(&self, bytes: usize) {
        self.link.give(bytes);
        self.node.give(bytes);
    }

    /// Holds on what was taken.
    pub(crate) fn share(&self, bytes: usize) -> [Share; 2] {
        [self.link.share(bytes), self.node.share(bytes)]
    }

    /// How many bytes the link may take.
    pub(crate) fn limit(&self) -> usize {
        self.link.limit
    }
}

impl Room {
    pub(crate) fn new(limit: usize) -> Self {
        Self { used: AtomicUsize::new(0), limit }
    }

    /// Takes room, if there is so much.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Relaxed, fits).is_ok()
    }

    /// Takes room for what cannot be refused.
    pub(crate) fn force(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::AcqRel);
    }

    pub(crate) fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// A hold on what was taken.
    pub(crate) fn share(self: &Arc<Self>, bytes: usize) -> Share {
        Share { room: Arc::clone(self), bytes }
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.used() >= self.limit
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.give(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_takes_its_part_and_no_more() {
        let node = Arc::new(Room::new(10));
        let [one, other] = [6, 6].map(|limit| Part::new(&node, limit));
        assert!(one.take(6) && !one.take(1) && other.take(4) && !other.take(1));
        drop(one.share(6));
        assert!(other.take(2) && node.used() == 6 && one.take(4));
    }

    #[test]
    fn there_is_so_much_and_what_is_given_back_can_be_taken_again() {
        let room = Arc::new(Room::new(10));
        assert!(room.take(4) && !room.take(7) && room.take(6) && room.is_full());
        drop(room.share(6));
        room.force(100);
        assert_eq!((room.used(), room.take(1)), (104, false));
        room.give(104);
        assert_eq!(room.used(), 0);
    }
}
