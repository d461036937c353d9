//! The boots that have gone.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use super::Boot;

/// How long a boot is remembered: longer than any report of it can be on its way.
const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// How many are remembered; beyond it the oldest are forgotten early.
const MAX: usize = 4096;

/// The boots that have gone within the last 24 hours, at most 4,096 of them.
///
/// Gossip can bring an old report long after a node has gone; without this the node would come back
/// as a ghost.
#[derive(Debug, Default)]
pub(super) struct DeadBoots {
    since: HashMap<Boot, SystemTime>,
    order: VecDeque<Boot>,
}

impl DeadBoots {
    pub(super) fn remember(&mut self, boot: Boot, now: SystemTime) {
        self.forget(now);
        if self.since.insert(boot, now).is_some() {
            // It counts from its last report, and so goes to the end of the queue.
            self.order.retain(|other| *other != boot);
        }
        self.order.push_back(boot);
        if self.order.len() > MAX {
            self.forget_oldest();
        }
    }

    pub(super) fn contains(&self, boot: Boot, now: SystemTime) -> bool {
        self.since.get(&boot).is_some_and(|since| !is_over(*since, now))
    }

    fn forget(&mut self, now: SystemTime) {
        while self.order.front().is_some_and(|oldest| !self.contains(*oldest, now)) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.since.remove(&oldest);
        }
    }
}

/// A clock that went back makes a memory longer, never shorter.
fn is_over(since: SystemTime, now: SystemTime) -> bool {
    now.duration_since(since).is_ok_and(|age| age >= MEMORY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_for_a_day() {
        let start = SystemTime::UNIX_EPOCH + MEMORY;
        let mut dead = DeadBoots::default();
        dead.remember(Boot::new(1), start);
        assert!(dead.contains(Boot::new(1), start + MEMORY - Duration::from_secs(1)));
        assert!(!dead.contains(Boot::new(1), start + MEMORY));
        assert!(dead.contains(Boot::new(1), start - Duration::from_secs(1)), "the clock went back");
        dead.remember(Boot::new(2), start + MEMORY);
        assert_eq!((dead.since.len(), dead.order.len()), (1, 1));
    }

    #[test]
    fn is_bounded_and_forgets_the_oldest_first() {
        let now = SystemTime::UNIX_EPOCH;
        let mut dead = DeadBoots::default();
        (0..5000).for_each(|boot| dead.remember(Boot::new(boot), now));
        (0..5000).for_each(|_| dead.remember(Boot::new(4000), now));
        assert_eq!((dead.since.len(), dead.order.len()), (MAX, MAX));
        assert!(!dead.contains(Boot::new(903), now) && dead.contains(Boot::new(904), now));
        assert_eq!(dead.order.back(), Some(&Boot::new(4000)));
    }
}
