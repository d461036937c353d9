//! When a call is tried again.

use core::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::Failure;
use super::shard_core::{ShardCore, Target};
use crate::membership::Boot;
use crate::state::State;
use crate::wire::{NotStarted, Reply};

/// How often a keyed call has been tried, and how long it waits before it is tried again; and whether others were
/// asked about the boot of a pinned one.
pub(super) struct Tries {
    pauses: core::array::IntoIter<Duration, 3>,
    asked: bool,
}

impl Tries {
    pub(super) fn new() -> Self {
        Self { pauses: [10, 50, 250].map(Duration::from_millis).into_iter(), asked: false }
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
        let Some(owner) = target.owner else { return self.meet(core, state, target.boot, body).await };
        if !is_moved(&body) {
            return Err(body);
        }
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

impl Tries {
    /// A pinned call is made again, once, if this node had never heard of the boot, or had no link to it yet, and then
    /// has.
    async fn meet(
        &mut self,
        core: &ShardCore,
        state: &State,
        boot: Boot,
        body: Result<Bytes, Failure>,
    ) -> Result<(), Result<Bytes, Failure>> {
        let may_come = |reason: &NotStarted| {
            matches!(reason, NotStarted::BootGone | NotStarted::NotConnected { detail: None })
        };
        if self.asked || !matches!(&body, Err(Failure::NotStarted(reason)) if may_come(reason)) {
            return Err(body);
        }
        self.asked = true;
        if core.door.meet(boot, core.door.deadline(state)).await { Ok(()) } else { Err(body) }
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
