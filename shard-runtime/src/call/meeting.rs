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
    /// Waits for the link to a member to which there has been none so far. About a boot that is in no view of this node
    /// it asks others, and waits until there is a link to it, or every node that was asked has answered. Half a
    /// second at most. `false`: nothing came of it, or it was of no use to ask.
    pub(super) async fn meet(&self, boot: Boot, deadline: Instant) -> bool {
        let now = Instant::now();
        let end = deadline.min(now + LONGEST);
        if self.view().by_boot(boot).is_some() {
            // It has just come, and is being dialled.
            return timeout_at(end, self.linked(boot)).await.is_ok();
        }
        let worth = self.strangers().worth_asking(boot, now);
        if boot == self.boot() || !worth {
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
