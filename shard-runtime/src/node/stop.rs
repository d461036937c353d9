//! The end of a node, in order.

use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, OnceLock};

use futures::FutureExt as _;
use futures::future::join_all;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Node;
use super::connection::Goodbye;
use super::inner::Inner;
use super::module::Hosted;
use super::peers::FAREWELL;
use super::slots;
use crate::call::{Peer, Phase};
use crate::dispatch::panic_text;
use crate::membership::MemberState;

/// How long a module's `on_stop` may take.
const HOOK: Duration = Duration::from_secs(3);

/// A node that drains is done when no other node has called it for this part of its drain deadline.
const QUIET_PART: u32 = 10;

/// How far the end of a node has come.
#[derive(Default)]
pub(super) struct Ending {
    /// When the draining ends in any case.
    until: OnceLock<Instant>,
    drained: CancellationToken,
    shut_down: AtomicBool,
}

/// Drains the node, or waits for whoever does.
pub(super) async fn drain(inner: &Arc<Inner>) {
    if inner.door.admission.set_phase(Phase::Announcing) {
        let until = Instant::now() + inner.settings.drain_deadline;
        let _ = inner.ending.until.set(until);
        announce(inner);
        // In a task of its own: whoever asked for it may stop waiting, and be a handler that it waits for.
        let task = Arc::clone(inner);
        inner.spawn(async move { run_dry(&task, until).await });
    }
    inner.stopped().run_until_cancelled(inner.ending.drained.cancelled()).await;
}

/// Drains the node, and ends it.
pub(super) async fn shutdown(inner: &Arc<Inner>, node: &Node) {
    if !inner.ending.shut_down.swap(true, Ordering::AcqRel) {
        let (task, given) = (Arc::clone(inner), node.without_guard());
        inner.spawn(async move {
            leave(&task, &given).await;
            task.stop();
            tracing::info!(cluster = task.cluster, node = %task.door.name, "the node has stopped");
        });
    }
    inner.stopped().cancelled().await;
    inner.tasks().close();
    let _ = timeout(FAREWELL, async { tokio::join!(inner.tasks().wait(), inner.liveness.ended()) }).await;
}

/// Tells everybody, and then refuses what follows keys: on each link the announcement comes before the first
/// refusal, so that whoever is refused already knows where else to go.
fn announce(inner: &Arc<Inner>) {
    for link in inner.links() {
        let _ = link.outbox.push_answer(&Goodbye::Draining.frame());
    }
    inner.say(|me| me.state = MemberState::Draining);
    inner.door.admission.set_phase(Phase::Draining);
}

/// Serves what is addressed to this boot until nobody has any more of it, or the time is over.
async fn run_dry(inner: &Inner, until: Instant) {
    let made: Vec<_> = inner.links().into_iter().map(|link| (link.pending.mark(), link)).collect();
    if timeout_at(until, dry(inner, &made)).await.is_ok() {
        inner.ending.drained.cancel();
        // For those who have slept until now.
        sleep_until(until).await;
    }
    cut(inner);
    inner.ending.drained.cancel();
}

async fn leave(inner: &Arc<Inner>, given: &Node) {
    drain(inner).await;
    inner.door.admission.set_phase(Phase::Closing);
    // One more call may have begun between the last look and that.
    let until = inner.ending.until.get().copied().unwrap_or_else(Instant::now);
    let _ = timeout_at(until, idle(inner)).await;
    cut(inner);
    stop_modules(&inner.hosted, given).await;
    inner.door.admission.set_phase(Phase::Leaving);
    let links = inner.links();
    let _ = timeout_at(until, answered(&links)).await;
    for link in &links {
        let _ = link.outbox.push_answer(&Goodbye::Leaving.frame());
    }
    inner.say_left();
    let farewell = async {
        inner.gossip.has_left().await;
        for link in &links {
            link.closed.cancelled().await;
        }
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Ends what still runs, and lets nothing begin.
fn cut(inner: &Inner) {
    let admission = &inner.door.admission;
    if !admission.set_phase(Phase::Ended) {
        return;
    }
    let running = admission.running();
    if running > 0 {
        tracing::warn!(running, "the drain deadline passed while handlers ran");
    }
    admission.end();
}

/// Runs the modules' `on_stop`, all at the same time, whatever becomes of each.
pub(super) async fn stop_modules(modules: &[Arc<dyn Hosted>], given: &Node) {
    join_all(modules.iter().map(|module| stop_module(module, given))).await;
}

async fn stop_module(module: &Arc<dyn Hosted>, given: &Node) {
    let hook = AssertUnwindSafe(async { module.on_stop(given).await }).catch_unwind();
    match timeout(HOOK, hook).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::error!(module = module.name(), %error, "`on_stop` failed"),
        Ok(Err(panic)) => {
            let panic = panic_text(&*panic);
            tracing::error!(module = module.name(), panic, "`on_stop` panicked");
        }
        Err(_) => {
            tracing::error!(module = module.name(), "`on_stop` took longer than 3 s and was dropped");
        }
    }
}

/// Waits until the node is idle, no other node has called it for a while, and the calls have ended that it had
/// itself made before. Those that it makes from now on are of handlers, or of somebody who does not want to
/// stop.
async fn dry(inner: &Inner, made: &[(u64, Arc<Peer>)]) {
    slots::told(inner).await;
    let quiet = inner.settings.drain_deadline / QUIET_PART;
    loop {
        idle(inner).await;
        let unused = inner.door.admission.unused_for(Instant::now());
        let waits = || made.iter().any(|(mark, link)| link.pending.waits_from_before(*mark));
        if unused.is_none_or(|unused| unused >= quiet) && !waits() {
            return;
        }
        sleep(LOOK).await;
    }
}

/// Waits until no handler runs and every answer has left.
async fn idle(inner: &Inner) {
    while inner.door.admission.running() > 0 || inner.links().iter().any(|link| !link.outbox.is_written()) {
        sleep(LOOK).await;
    }
}

/// Waits until no call of this node waits on a link, and lets none wait there again.
async fn answered(links: &[Arc<Peer>]) {
    while !links.iter().all(|link| link.pending.seal_if_answered()) {
        sleep(LOOK).await;
    }
}

/// How often a node that drains looks whether it is done.
const LOOK: Duration = Duration::from_millis(5);
