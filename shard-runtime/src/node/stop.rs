//! The end of a node, in order.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::{sleep, timeout};

use super::Node;
use super::connection::Goodbye;
use super::inner::Inner;
use super::peers::FAREWELL;
use crate::call::Phase;
use crate::membership::Event;

/// How long a module's `on_stop` may take.
const HOOK: Duration = Duration::from_secs(3);

pub(super) async fn shutdown(inner: &Arc<Inner>, node: &Node) {
    if inner.door.phase() != Phase::Running {
        return inner.stopped().cancelled().await;
    }
    inner.door.set_phase(Phase::Draining);
    let me = Event::Draining { name: inner.door.name.clone(), boot: inner.door.boot };
    inner.change(me);
    for link in inner.links() {
        let _ = link.outbox.push_answer(&Goodbye::Draining.frame());
    }
    if timeout(inner.settings.drain_deadline, idle(inner)).await.is_err() {
        tracing::warn!(running = inner.door.running.count(), "the drain deadline passed while handlers ran");
    }
    let given = node.without_guard();
    for module in &inner.hosted {
        match timeout(HOOK, module.on_stop(&given)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(module = module.name(), %error, "`on_stop` failed"),
            Err(_) => {
                tracing::error!(module = module.name(), "`on_stop` took longer than 3 s and was dropped");
            }
        }
    }
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
    inner.stop();
    inner.tasks().close();
    let _ = timeout(FAREWELL, inner.tasks().wait()).await;
    tracing::info!(cluster = inner.cluster, node = %inner.door.name, "the node has stopped");
}

/// Waits until no handler runs and every answer has left.
async fn idle(inner: &Inner) {
    while inner.door.running.count() > 0 {
        sleep(Duration::from_millis(5)).await;
    }
}
