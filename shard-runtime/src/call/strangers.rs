//! Boots that are not in the view: those that were, and those that nobody knew when they were asked about.

use core::time::Duration;
use std::collections::{HashSet, VecDeque};

use tokio::time::Instant;

use crate::membership::{Boot, View};

/// How many boots are remembered of each kind; beyond it the oldest are forgotten.
const MAX: usize = 4096;

/// A boot that nobody knew is not asked about again for this long.
const ASKED: Duration = Duration::from_secs(5);

/// The boots of which it is known, or was lately, that a call to them goes nowhere.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    departed: HashSet<Boot>,
    order: VecDeque<Boot>,
    unknown: VecDeque<(Boot, Instant)>,
}

impl Strangers {
    /// Remembers who was in the view before and is not now.
    pub(super) fn note_departed(&mut self, before: &View, now: &View) {
        for member in before.members().iter().filter(|member| now.by_boot(member.boot).is_none()) {
            if self.departed.insert(member.boot) {
                self.order.push_back(member.boot);
            }
        }
        while self.order.len() > MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.departed.remove(&oldest);
            }
        }
    }

    /// Whether it is of use to ask others about a boot that is not in the view.
    pub(super) fn worth_asking(&mut self, boot: Boot, now: Instant) -> bool {
        while self.unknown.front().is_some_and(|(_, until)| *until <= now) {
            self.unknown.pop_front();
        }
        !self.departed.contains(&boot) && !self.unknown.iter().any(|(unknown, _)| *unknown == boot)
    }

    /// Nobody knew it.
    pub(super) fn note_unknown(&mut self, boot: Boot, now: Instant) {
        if self.unknown.len() >= MAX {
            self.unknown.pop_front();
        }
        self.unknown.push_back((boot, now + ASKED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::Member;

    fn view(boots: &[u64]) -> View {
        let member = |boot: &u64| Member::new(format!("node-{boot}").parse().unwrap(), Boot::new(*boot));
        View::new(boots.iter().map(member).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_a_member_is_never_asked_about() {
        let mut strangers = Strangers::default();
        strangers.note_departed(&view(&[1, 2]), &view(&[2, 3]));
        let now = Instant::now();
        assert!(!strangers.worth_asking(Boot::new(1), now));
        assert!(strangers.worth_asking(Boot::new(4), now));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_nobody_knew_is_asked_about_again_after_a_while() {
        let mut strangers = Strangers::default();
        let now = Instant::now();
        strangers.note_unknown(Boot::new(1), now);
        assert!(!strangers.worth_asking(Boot::new(1), now + ASKED - Duration::from_millis(1)));
        assert!(strangers.worth_asking(Boot::new(1), now + ASKED));
    }

    #[tokio::test(start_paused = true)]
    async fn both_memories_are_bounded() {
        let mut strangers = Strangers::default();
        let boots: Vec<u64> = (0..5000).collect();
        strangers.note_departed(&view(&boots), &view(&[]));
        for boot in &boots {
            strangers.note_unknown(Boot::new(*boot), Instant::now());
        }
        assert_eq!(
            (strangers.departed.len(), strangers.order.len(), strangers.unknown.len()),
            (MAX, MAX, MAX)
        );
    }
}
