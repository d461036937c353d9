//! Tells modules of the slots that come and go, and holds calls back until they know.

use core::panic::AssertUnwindSafe;
use core::task::Poll;
use core::time::Duration;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::time::{Instant, sleep};

use super::inner::Inner;
use super::module::{Hook, Hosted};
use crate::call::Move;
use crate::dispatch::{Running, panic_text};
use crate::membership::NodeName;
use crate::route::hash::Slot;
use crate::wire::{Answer, NotStarted, Owner};

/// How long a hook that failed is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// A call that waits for a hook is given up so long before its deadline, that its caller may learn in time that
/// it did not start.
const EARLY: Duration = Duration::from_millis(50);

/// Starts to tell the modules, each in a task of its own: one that takes its time holds up no other.
pub(super) fn follow(inner: &Arc<Inner>) {
    for module in &inner.hosted {
        let entries = inner.door.registry.entries();
        let Some(entry) = entries.iter().find(|entry| entry.name() == module.name()) else { continue };
        let hooks = entry.slot_hooks();
        if hooks.arriving || hooks.leaving {
            let (task, module, index) = (Arc::clone(inner), Arc::clone(module), entry.index());
            inner.spawn(async move { tell(&task, &*module, index).await });
        }
    }
}

/// Waits until every module has been told of all slots that have come or gone.
pub(super) async fn told(inner: &Inner) {
    inner.door.handover.idle().await;
}

async fn tell(inner: &Inner, module: &dyn Hosted, index: usize) {
    while let Some(next) = inner.door.handover.next(index).await {
        match &next {
            Move::Arriving { from, .. } => arrive(inner, module, index, from.as_ref()).await,
            Move::Leaving { slots, to, cause } => {
                // Once: there is nothing that would be held back until it works.
                run(module, "slots_leaving", || module.slots_leaving(slots, to.as_ref(), *cause)).await;
            }
        }
        inner.door.handover.done(index);
    }
}

/// Until it works, or all the slots are another node's.
async fn arrive(inner: &Inner, module: &dyn Hosted, index: usize, from: Option<&NodeName>) {
    let handover = &inner.door.handover;
    loop {
        let slots = handover.still_arriving(index);
        if slots.is_empty() || run(module, "slots_arriving", || module.slots_arriving(&slots, from)).await {
            return;
        }
        let again = Instant::now() + PAUSE;
        while Instant::now() < again && !handover.still_arriving(index).is_empty() {
            tokio::select! {
                () = sleep(again.saturating_duration_since(Instant::now())) => {}
                () = handover.news(index) => {}
            }
        }
    }
}

/// Runs a hook, and logs how it failed.
async fn run<'a>(module: &dyn Hosted, name: &str, hook: impl FnOnce() -> Hook<'a>) -> bool {
    match AssertUnwindSafe(async { hook().await }).catch_unwind().await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::error!(module = module.name(), hook = name, %error, "a hook failed"),
        Err(panic) => {
            let panic = panic_text(&*panic);
            tracing::error!(module = module.name(), hook = name, panic, "a hook panicked");
        }
    }
    false
}

/// Whether a keyed call can begin at once: the module knows of its slot.
pub(super) fn is_here(inner: &Inner, module_index: usize, owner: Owner) -> Result<bool, NotStarted> {
    let Some(slot) = Slot::new(owner.slot) else { return Ok(true) };
    match inner.door.let_in(module_index, slot) {
        Poll::Ready(verdict) => verdict.map(|()| true),
        Poll::Pending => Ok(false),
    }
}

/// Makes a keyed call wait until its slot has arrived, if it has not.
pub(super) fn in_time(
    inner: &Arc<Inner>,
    module_index: usize,
    owner: Option<Owner>,
    (id, deadline): (u64, Instant),
    running: Running,
) -> Result<Running, NotStarted> {
    let Some(slot) = owner.and_then(|owner| Slot::new(owner.slot)) else { return Ok(running) };
    match inner.door.let_in(module_index, slot) {
        Poll::Ready(verdict) => verdict.map(|()| running),
        Poll::Pending => {
            let door = Arc::clone(&inner.door);
            Ok(Running::new(async move {
                let left = deadline.saturating_duration_since(Instant::now());
                let patience = deadline - EARLY.min(left / 10);
                match door.arrived(module_index, slot, patience).await {
                    Ok(()) => running.await,
                    Err(reason) => Answer::not_started(id, &reason),
                }
            }))
        }
    }
}
