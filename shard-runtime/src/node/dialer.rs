//! Keeps a link to an address: dials, waits for its end, dials again.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::Instant;

use super::inner::Inner;
use super::link::{self, Link, LinkError};
use super::peers;
use super::settling::Outcome;
use crate::call::Peer;
use crate::membership::{Boot, NodeName};
use crate::transport::Backoff;
use crate::wire::handshake::RefusalCode;

/// A link that lasted this long did not end because of how it began.
const SOUND: Duration = Duration::from_secs(1);

/// What came of one attempt.
enum Attempt {
    /// There is a link to the boot that answers there: this one, or another that was there before.
    Linked(Boot),
    /// This node itself answers there.
    Myself,
    Failed {
        refused_connection: bool,
    },
}

/// Looks after an address that the user listed.
pub(super) fn keep(inner: &Arc<Inner>, address: String) {
    let task = Arc::clone(inner);
    inner.spawn(async move { keep_linked(&task, &address).await });
}

async fn keep_linked(inner: &Arc<Inner>, address: &str) {
    let mut backoff = new_backoff(inner);
    loop {
        let linked = if let Some(peer) = linked_at(inner, address) {
            peer.boot
        } else {
            tokio::time::sleep(backoff.next(random())).await;
            match attempt(inner, address).await {
                Attempt::Linked(boot) => boot,
                Attempt::Myself => return settle(inner, address, Outcome::Linked),
                Attempt::Failed { refused_connection } => {
                    if refused_connection {
                        give_up_at(inner, address);
                    }
                    continue;
                }
            }
        };
        settle(inner, address, Outcome::Linked);
        let up_since = Instant::now();
        if let Some(peer) = inner.door.peer(linked) {
            peer.closed.cancelled().await;
        }
        let up = up_since.elapsed();
        backoff.healthy_for(up);
        if up >= SOUND && inner.door.view().by_boot(linked).is_some() {
            // It is a member for only so long without a link: a pause from earlier failures would outlast that.
            backoff = new_backoff(inner);
        }
    }
}

fn new_backoff(inner: &Inner) -> Backoff {
    Backoff::new(inner.settings.reconnect_from, inner.settings.reconnect_to)
}

/// A link was lost without a goodbye. A dead link is not a dead member: it is dialled again, and only
/// when that fails is the member given up.
pub(super) fn redial(inner: &Arc<Inner>, lost: &Peer) {
    let (name, boot, address) = (lost.name.clone(), lost.boot, lost.address.clone());
    let task = Arc::clone(inner);
    inner.spawn(async move { find_again(&task, name, boot, &address).await });
}

async fn find_again(inner: &Arc<Inner>, name: NodeName, boot: Boot, address: &str) {
    let given_up = Instant::now() + inner.settings.dead_after;
    let mut backoff = new_backoff(inner);
    let search = async {
        loop {
            tokio::time::sleep(backoff.next(random())).await;
            if inner.door.peer(boot).is_some() {
                return true;
            }
            if address.is_empty() || inner.settings.peers.iter().any(|listed| listed == address) {
                // Nobody knows where to dial, or the address is listed and dialled anyway.
                continue;
            }
            match attempt(inner, address).await {
                Attempt::Linked(_) => return inner.door.peer(boot).is_some(),
                Attempt::Failed { refused_connection: true } | Attempt::Myself => return false,
                Attempt::Failed { .. } => {}
            }
        }
    };
    let found = tokio::time::timeout_at(given_up, search).await.unwrap_or(false);
    if !found {
        inner.give_up(name, boot);
    }
}

/// Nobody listens at an address: whoever was there is gone.
fn give_up_at(inner: &Arc<Inner>, address: &str) {
    let view = inner.door.view();
    for member in view.members().iter().filter(|member| member.address == address) {
        inner.give_up(member.name.clone(), member.boot);
    }
}

async fn attempt(inner: &Arc<Inner>, address: &str) -> Attempt {
    let dialled = inner.transport.dial(&inner.address, address, inner.settings.connect_timeout).await;
    let link = match dialled {
        Ok(stream) => link::dialled(inner, stream).await,
        Err(error) => Err(LinkError::Io(error)),
    };
    match link {
        Ok(link) => {
            let boot = link.peer.boot;
            if run(inner, link) {
                Attempt::Linked(boot)
            } else {
                Attempt::Failed { refused_connection: false }
            }
        }
        Err(error) => failed(inner, address, &error).await,
    }
}

async fn failed(inner: &Arc<Inner>, address: &str, error: &LinkError) -> Attempt {
    let refusal = match error {
        LinkError::WeRefuse(refusal) | LinkError::TheyRefuse { refusal, .. } => Some(refusal),
        _ => None,
    };
    match (refusal.map(|refusal| refusal.code), error) {
        (Some(RefusalCode::SelfDial), _) => return Attempt::Myself,
        (Some(RefusalCode::Duplicate), LinkError::TheyRefuse { boot: Some(boot), .. }) => {
            other_link(inner, *boot).await;
            return Attempt::Linked(*boot);
        }
        (Some(RefusalCode::Duplicate), _) => {
            settle(inner, address, Outcome::Linked);
            return Attempt::Failed { refused_connection: false };
        }
        _ => {}
    }
    let refused_connection =
        matches!(error, LinkError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused);
    if matches!(error, LinkError::Io(_) | LinkError::Slow) {
        tracing::debug!(address, %error, "no link");
        settle(inner, address, Outcome::Silent);
    } else {
        tracing::error!(address, %error, "no link with a node that answers");
        // A node that has settled keeps its name: then it is the other one that came second.
        let name_taken = !inner.door.is_ready()
            && matches!(error, LinkError::TheyRefuse { refusal, .. } if refusal.code == RefusalCode::NameTaken);
        let reason = match error {
            LinkError::TheyRefuse { refusal, .. } => format!("it says that {refusal}"),
            other => other.to_string(),
        };
        settle(inner, address, Outcome::Refused { reason, name_taken });
    }
    Attempt::Failed { refused_connection }
}

/// Waits until the link is there on whose account another was refused: the other side may have entered it
/// a moment before this one.
async fn other_link(inner: &Inner, boot: Boot) {
    let entered = async {
        while inner.door.peer(boot).is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let _ = tokio::time::timeout(inner.settings.handshake_timeout, entered).await;
}

/// Enters a new link, and runs it in a task of its own; `false`, if it could not be entered.
fn run(inner: &Arc<Inner>, link: Link) -> bool {
    let entered = peers::enter(inner, &link);
    if entered {
        let task = Arc::clone(inner);
        inner.spawn(async move { peers::serve(&task, link).await });
    }
    entered
}

fn settle(inner: &Inner, address: &str, outcome: Outcome) {
    inner.settling.send_modify(|settling| {
        settling.note(address, outcome);
        // Before those who wait are told: they place keys at once.
        if settling.verdict().is_some_and(|verdict| verdict.is_ok()) {
            inner.door.set_ready();
        }
    });
}

/// An open link to whoever says that it listens at `address`.
fn linked_at(inner: &Inner, address: &str) -> Option<Arc<Peer>> {
    inner.door.peers().into_iter().find(|peer| peer.address == address && peer.is_open())
}

fn random() -> u64 {
    // Jitter only: a system without random bytes still dials, in step with others like it.
    getrandom::u64().unwrap_or(u64::MAX / 2)
}
