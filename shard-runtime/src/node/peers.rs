//! Which links a node keeps: one to each boot, and one boot to each name.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::connection::{self, End, Goodbye};
use super::inner::Inner;
use super::link::{self, Link};
use crate::call::{Peer, Reinstated};
use crate::membership::{Boot, Event, LeaveReason, Member};
use crate::wire::handshake::{PeerHello, Refusal};

/// How long a link or a node has to show that it lives when somebody claims its place.
const PROBE: Duration = Duration::from_secs(1);

/// How long a node that leaves goes on answering.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// Decides whether a proven peer may have a link.
///
/// # Errors
///
/// When another living node has its name, or there is a working link to it.
pub(super) async fn admit(inner: &Arc<Inner>, hello: &PeerHello, dialled: bool) -> Result<(), Refusal> {
    let ours = inner.door.name.as_str();
    if hello.node == ours {
        return Err(Refusal::name_taken(ours, &inner.address));
    }
    check_name(inner, hello).await?;
    let Some(existing) = inner.door.peer(Boot::new(hello.boot)) else { return Ok(()) };
    if existing.dialled == dialled || (!dialled && !preferred(ours, &hello.node, dialled)) {
        // The one who dials, though there is a link, believes that it is dead. Believe it only if it is.
        if probe(&existing).await {
            return Err(Refusal::duplicate(ours));
        }
        existing.close();
    }
    Ok(())
}

/// Decides whether a proven peer may have a link for liveness: there may be several.
///
/// # Errors
///
/// When another living node has its name.
pub(super) async fn admit_liveness(inner: &Arc<Inner>, hello: &PeerHello) -> Result<(), Refusal> {
    let ours = inner.door.name.as_str();
    if hello.node == ours {
        return Err(Refusal::name_taken(ours, &inner.address));
    }
    check_name(inner, hello).await
}

/// Whether a link is the one to keep when both sides have dialled at once: the one that the smaller name
/// has dialled, whichever of the two a side learns of first.
fn preferred(ours: &str, theirs: &str, dialled: bool) -> bool {
    dialled == (ours < theirs)
}

/// Refuses a second node of a name while the first one answers.
async fn check_name(inner: &Arc<Inner>, hello: &PeerHello) -> Result<(), Refusal> {
    let view = inner.door.view();
    let Some(member) = view.get(&hello.node).filter(|member| member.boot != Boot::new(hello.boot)) else {
        return Ok(());
    };
    let alive = match inner.door.peer(member.boot) {
        Some(peer) => {
            let alive = probe(&peer).await;
            if !alive {
                // Its place is somebody else's now.
                peer.close();
            }
            alive
        }
        // Whoever knocks listens where the other one did: it has taken its place.
        None if !member.address.is_empty() && member.address == hello.address => false,
        None => answers(inner, member).await,
    };
    if alive { Err(Refusal::name_taken(&hello.node, &member.address)) } else { Ok(()) }
}

/// Whether something comes over the link within [`PROBE`] when it is asked to.
async fn probe(peer: &Peer) -> bool {
    let before = peer.times_heard();
    let heard = async {
        // Again, if that was done a moment before.
        while peer.times_heard() == before && peer.ping(Instant::now()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        peer.is_open()
    };
    timeout(PROBE, heard).await.unwrap_or(false)
}

/// Whether a member to which there is no link answers at its address, under its boot.
async fn answers(inner: &Arc<Inner>, member: &Member) -> bool {
    let ask = async {
        let stream = inner.transport.dial(&inner.address, &member.address, PROBE).await.ok()?;
        link::identify(inner, stream).await.ok()
    };
    let hello = timeout(PROBE, ask).await.ok().flatten();
    hello.is_some_and(|hello| hello.node == member.name.as_str() && Boot::new(hello.boot) == member.boot)
}

/// Enters a link into the table: whoever is told of it afterwards can use it. `false`: the node has taken another
/// boot since the link was begun, which is closed.
pub(super) fn enter(inner: &Arc<Inner>, link: &Link) -> bool {
    // Watched before the boot is looked at: a change of the boot closes what is watched, and so finds this
    // link or is found here.
    inner.watch(&link.peer);
    if link.peer.ours != inner.door.boot() {
        link.peer.close();
        return false;
    }
    warn_of_other_shapes(inner, &link.peer);
    put_in(inner, &link.peer);
    inner.door.note_loss(link.peer.boot, None);
    if inner.is_draining() {
        // Whoever has come since that was announced has not heard of it.
        let _ = link.peer.outbox.push_answer(&Goodbye::Draining.frame());
    }
    true
}

/// Runs a link that was entered until it ends.
pub(super) async fn serve(inner: &Arc<Inner>, link: Link) {
    let Link { peer, run: _run, read, write, rest, .. } = link;
    let end = connection::run(inner, &peer, read, write, rest).await;
    tracing::debug!(node = %peer.name, boot = %peer.boot, %end, "a link ended");
    if let End::Protocol(reason) = &end {
        tracing::warn!(node = %peer.name, reason, "a peer broke the protocol, its link is closed");
    }
    if is_lost(inner, &peer) {
        inner.door.note_loss(peer.boot, Some(end.to_string()));
    }
}

/// Takes a link that has ended out of the table. `true`: calls have none now.
pub(super) fn is_lost(inner: &Arc<Inner>, ended: &Arc<Peer>) -> bool {
    take_out(inner, ended) && !inner.is_closing() && !restore(inner, ended)
}

/// Goes back to the link that one has replaced which has ended, if that is still there. The other side may never have
/// had the one that has ended: then it goes on with the first, and takes no other, while this side would use it no
/// more. `false`: there is none.
fn restore(inner: &Arc<Inner>, ended: &Peer) -> bool {
    if inner.door.view().by_boot(ended.boot).is_none() {
        // Calls of a boot that has gone are refused.
        return false;
    }
    let others = inner.links().into_iter().filter(|link| link.boot == ended.boot && link.ours == ended.ours);
    // The newest first, which the other side has most likely.
    for link in others.rev() {
        match link.reinstate() {
            Reinstated::NotRetired => {}
            // The other side hears of it, and has one made anew. What this side still answers has a while for it.
            Reinstated::TooLate => {
                let task = Arc::clone(inner);
                inner.spawn(async move { close_when_served(&task, &link).await });
            }
            Reinstated::Yes => {
                let kept = inner
                    .door
                    .change_peers(|peers| Arc::clone(peers.entry(link.boot).or_insert(Arc::clone(&link))));
                if !Arc::ptr_eq(&kept, &link) {
                    link.retire();
                } else if link.is_open() {
                    return true;
                } else {
                    take_out(inner, &link);
                }
            }
        }
    }
    false
}

async fn close_when_served(inner: &Inner, link: &Peer) {
    let served = async {
        while link.is_open() && link.serving.load(Ordering::Acquire) > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let _ = timeout(FAREWELL, inner.stopped().run_until_cancelled(served)).await;
    link.close();
}

fn warn_of_other_shapes(inner: &Inner, peer: &Peer) {
    for (module, row, theirs) in peer.incompatible() {
        let Some(entry) = inner.door.registry.entries().get(module) else { continue };
        tracing::warn!(
            node = %peer.name,
            module = entry.name(),
            method = entry.facts(row).name,
            ours = format_args!("{:#018x}", entry.signatures().get(row).map_or(0, |signature| signature.shape)),
            theirs = format_args!("{theirs:#018x}"),
            "the node has another shape of this method; calls of it are refused, the others go on"
        );
    }
}

/// Puts a link into the table, or retires it if it is not the one to keep.
pub(super) fn put_in(inner: &Inner, peer: &Arc<Peer>) {
    // When both dialled at once, neither link was there yet as the other was admitted. Both sides have both
    // links in the end, in whatever order, and must keep the same one.
    let replaced = inner.door.change_peers(|peers| match peers.get(&peer.boot) {
        Some(current)
            if current.is_open()
                && current.dialled != peer.dialled
                && !preferred(inner.door.name.as_str(), peer.name.as_str(), peer.dialled) =>
        {
            Some(Arc::clone(peer))
        }
        _ => peers.insert(peer.boot, Arc::clone(peer)),
    });
    if let Some(replaced) = replaced {
        replaced.retire();
    }
}

/// Takes a link out of the table. `false`: another one to the same boot is there, or none.
fn take_out(inner: &Inner, peer: &Arc<Peer>) -> bool {
    inner.door.change_peers(|peers| {
        let current = peers.get(&peer.boot).is_some_and(|current| Arc::ptr_eq(current, peer));
        if current {
            peers.remove(&peer.boot);
        }
        current
    })
}

/// A node says that it leaves. It gets no more calls; those that have been sent are still answered, if
/// only by a refusal, so the link is closed when none is left.
pub(super) fn let_go(inner: &Arc<Inner>, peer: &Arc<Peer>) {
    take_out(inner, peer);
    inner.change(Event::Left { name: peer.name.clone(), boot: peer.boot, reason: LeaveReason::Graceful });
    let peer = Arc::clone(peer);
    inner.spawn(async move {
        let answered = async {
            while !peer.pending.seal_if_empty() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let _ = timeout(FAREWELL, answered).await;
        peer.outbox.finish();
    });
}

/// Says goodbye on a link that another has replaced, and closes it when both sides have.
pub(super) fn finish_replaced(peer: &Peer) {
    if peer.goodbye_due() {
        let _ = peer.outbox.push_answer(&Goodbye::Replaced.frame());
    }
    if peer.is_finished() {
        peer.outbox.finish();
    }
}
