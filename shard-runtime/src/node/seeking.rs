//! Looks for nodes at an address: dials it for liveness until somebody there is a member.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::gossip;
use super::inner::Inner;
use super::keepers::Wanted;
use super::link::{self, LinkError, LivenessLink};
use super::settling::Outcome;
use crate::membership::{Boot, View};
use crate::transport::{Backoff, jitter};
use crate::wire::handshake::RefusalCode;

/// Looks after an address for as long as it is wanted, or somebody there is a member.
/// It is dialled for the first time after `first`.
pub(super) fn keep(inner: &Arc<Inner>, address: String, wanted: Wanted, first: Duration) {
    let task = Arc::clone(inner);
    inner.liveness.spawn(async move {
        tokio::time::sleep(first).await;
        seek(&task, &address, wanted).await;
    });
}

async fn seek(inner: &Arc<Inner>, address: &str, mut wanted: Wanted) {
    let mut backoff = Backoff::new(inner.settings.reconnect_from, inner.settings.reconnect_to);
    loop {
        tokio::select! {
            biased;
            () = wanted.no_longer() => return,
            () = tokio::time::sleep(backoff.next(jitter())) => {}
        }
        if is_there(inner, &inner.door.view(), address) {
            inner.settle(address, Outcome::Linked);
            nobody_there(inner, address).await;
            continue;
        }
        // In a box, since it is seldom.
        match Box::pin(dial(inner, address)).await {
            Ok(link) => {
                let boot = Boot::new(link.hello.boot);
                let task = Arc::clone(inner);
                inner.liveness.spawn(async move { gossip::serve(&task, link).await });
                inner.settle(address, Outcome::Linked);
                let since = Instant::now();
                // If it does not become a member soon, it has to be met again.
                let becomes_member = inner.door.view_where(|view| view.by_boot(boot).is_some());
                let _ = timeout(inner.settings.dead_after, becomes_member).await;
                nobody_there(inner, address).await;
                backoff.healthy_for(since.elapsed());
            }
            Err(LinkError::WeRefuse(refusal) | LinkError::TheyRefuse { refusal, .. })
                if refusal.code == RefusalCode::SelfDial =>
            {
                inner.settle(address, Outcome::Myself);
                // For as long as it is seen there is nobody else to look for.
                return wanted.no_longer().await;
            }
            Err(error) => failed(inner, address, &error),
        }
    }
}

/// Waits until nobody is a member who listens at that address.
async fn nobody_there(inner: &Inner, address: &str) {
    inner.door.view_where(|view| !is_there(inner, view, address)).await;
}

/// Whether another member listens at that address. One that this node has heard of need not be looked for.
fn is_there(inner: &Inner, view: &View, address: &str) -> bool {
    let ours = inner.door.boot();
    view.members().iter().any(|member| member.address == address && member.boot != ours)
}

/// One attempt.
pub(super) async fn dial(inner: &Arc<Inner>, address: &str) -> Result<LivenessLink, LinkError> {
    let stream = inner.transport.dial(&inner.address, address, inner.settings.connect_timeout).await?;
    link::dialled_liveness(inner, stream).await
}

fn failed(inner: &Arc<Inner>, address: &str, error: &LinkError) {
    if matches!(error, LinkError::Io(_) | LinkError::Slow) {
        tracing::debug!(address, %error, "no link");
        inner.settle(address, Outcome::Silent);
        return;
    }
    let (code, reason) = match error {
        LinkError::TheyRefuse { refusal, .. } => (Some(refusal.code), format!("it says that {refusal}")),
        LinkError::WeRefuse(refusal) => (Some(refusal.code), error.to_string()),
        other => (None, other.to_string()),
    };
    // A node that takes part keeps its name: then it is the other one that came second.
    let name_taken = !inner.door.is_ready()
        && matches!(error, LinkError::TheyRefuse { refusal, .. } if refusal.code == RefusalCode::NameTaken);
    if inner.settle(address, Outcome::Refused { reason, code, name_taken }) {
        tracing::error!(address, %error, "no link with a node that answers");
    } else {
        tracing::debug!(address, %error, "still no link with a node that answers");
    }
}
