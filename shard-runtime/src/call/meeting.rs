//! What a call does that names a boot of which this node has not heard: a token can be faster than the news of
//! the node that made it.

use core::time::Duration;
use std::sync::PoisonError;

use tokio::time::{Instant, timeout_at};

use super::door::Door;
use crate::membership::Boot;

/// How long others are given to tell of a boot.
const LONGEST: Duration = Duration::from_millis(500);

/// How many nodes are asked.
pub(crate) const ASKED_AT_ONCE: usize = 3;

impl Door {
    /// Asks other nodes about a boot that is in no view of this one so far, and waits until there is a link to it,
    /// or every node that was asked has answered, or for half a second. `false`: nothing came of it, or it was
    /// of no use to ask.
    pub(super) async fn meet(&self, boot: Boot, deadline: Instant) -> bool {
        let now = Instant::now();
        let worth = self.strangers().worth_asking(boot, now);
        if boot == self.boot() || self.view().by_boot(boot).is_some() || !worth {
            return false;
        }
        let asked = self.peers().len().min(ASKED_AT_ONCE);
        if asked == 0 {
            return false;
        }
        let answered = self.syncs_heard() + asked as u64;
        self.ask();
        let found = async {
            loop {
                let changed = self.links_changed();
                if self.peer(boot).is_some() {
                    return true;
                }
                if self.syncs_heard() >= answered && self.view().by_boot(boot).is_none() {
                    return false;
                }
                changed.await;
            }
        };
        let end = deadline.min(now + LONGEST);
        let found = timeout_at(end, found).await.unwrap_or(false);
        if !found && self.view().by_boot(boot).is_none() {
            self.strangers().note_unknown(boot, now);
        }
        found
    }

    fn strangers(&self) -> std::sync::MutexGuard<'_, super::strangers::Strangers> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
