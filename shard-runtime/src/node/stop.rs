//! The end of a node, in order.

use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::time::{sleep, timeout};

use super::Node;
use super::connection::Goodbye;
use super::inner::Inner;
use super::module::Hosted;
use super::peers::FAREWELL;
use super::slots;
use crate::call::Phase;
use crate::dispatch::panic_text;
use crate::membership::Event;

/// How long a module's `on_stop` may take.
const HOOK: Duration = Duration::from_secs(3);

pub(super) async fn shutdown(inner: &Arc<Inner>, node: &Node) {
    if inner.door.set_phase(Phase::Draining) {
        // In a task of its own: whoever asked for it may stop waiting, and be a handler that it waits for.
        let (task, given) = (Arc::clone(inner), node.without_guard());
        tokio::spawn(async move {
            task.stopped().run_until_cancelled(leave(&task, &given)).await;
            task.stop();
            tracing::info!(cluster = task.cluster, node = %task.door.name, "the node has stopped");
        });
    }
    inner.stopped().cancelled().await;
    inner.tasks().close();
    let _ = timeout(FAREWELL, inner.tasks().wait()).await;
}

async fn leave(inner: &Arc<Inner>, given: &Node) {
    let me = Event::Draining { name: inner.door.name.clone(), boot: inner.door.boot };
    inner.change(me);
    for link in inner.links() {
        let _ = link.outbox.push_answer(&Goodbye::Draining.frame());
    }
    let drained = async { tokio::join!(idle(inner), slots::told(inner)) };
    if timeout(inner.settings.drain_deadline, drained).await.is_err() {
        tracing::warn!(running = inner.door.running.count(), "the drain deadline passed while handlers ran");
    }
    stop_modules(&inner.hosted, given).await;
    let links = inner.links();
    for link in &links {
        let _ = link.outbox.push_answer(&Goodbye::Leaving.frame());
    }
    let farewell = async {
        for link in &links {
            link.closed.cancelled().await;
        }
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Runs the modules' `on_stop`, whatever becomes of each.
pub(super) async fn stop_modules(modules: &[Arc<dyn Hosted>], given: &Node) {
    for module in modules {
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
}

/// Waits until no handler runs, every answer has left, and the calls have ended that this node had made
/// before. Those that it makes from now on are of handlers, or of somebody who does not want to stop.
async fn idle(inner: &Inner) {
    let made: Vec<_> = inner.links().into_iter().map(|link| (link.pending.mark(), link)).collect();
    while inner.door.running.count() > 0
        || made.iter().any(|(mark, link)| link.pending.waits_from_before(*mark))
        || inner.links().iter().any(|link| !link.outbox.is_written())
    {
        sleep(Duration::from_millis(5)).await;
    }
}
