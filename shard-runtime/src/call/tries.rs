//! When a keyed call is tried again.

use core::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::Failure;
use super::shard_core::{ShardCore, Target};
use crate::state::State;
use crate::wire::{NotStarted, Reply};

/// How often a keyed call has been tried, and how long it waits before it is tried again.
pub(super) struct Tries {
    pauses: core::array::IntoIter<Duration, 3>,
}

impl Tries {
    pub(super) fn new() -> Self {
        Self { pauses: [10, 50, 250].map(Duration::from_millis).into_iter() }
    }

    /// Waits for another view, or a while, when the call may be made again: it did not start, for a reason
    /// that another view may cure, and there is time. Else gives back what came of it.
    pub(super) async fn again(
        &mut self,
        core: &ShardCore,
        state: &State,
        target: &Target,
        body: Result<Bytes, Failure>,
    ) -> Result<(), Result<Bytes, Failure>> {
        let Some(owner) = target.owner.filter(|_| is_moved(&body)) else { return Err(body) };
        let Some(pause) = self.pauses.next() else { return Err(body) };
        let until = Instant::now() + pause;
        if until >= core.door.deadline(state) {
            return Err(body);
        }
        // Either is as good: what was asked for is a try with more knowledge, or at least with more patience.
        let _ = tokio::time::timeout_at(until, core.door.other_view(owner.view)).await;
        Ok(())
    }
}

/// Whether a call did not start because its key has moved, or is about to.
fn is_moved(body: &Result<Bytes, Failure>) -> bool {
    let reason = match body {
        Ok(body) => match Reply::read(body) {
            Ok(Reply::NotStarted(reason)) => reason,
            _ => return false,
        },
        Err(Failure::NotStarted(reason)) => reason.clone(),
        Err(_) => return false,
    };
    matches!(
        reason,
        NotStarted::WrongOwner { .. }
            | NotStarted::Draining
            | NotStarted::BootGone
            | NotStarted::NotConnected { .. }
    )
}
