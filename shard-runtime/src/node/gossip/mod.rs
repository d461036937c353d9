//! The gossip at work. `swim/` decides; this carries its packets and acts on what it finds out.
//!
//! One task owns the state, on the liveness thread. It takes in packets from links, view syncs from links for
//! calls, suspicions from whoever lost a link, and what this node says anew of itself; and it gives out packets,
//! timers and changes of the membership. Packets for a node to which there is no link wait, a few of them, while
//! that is dialled.

mod actor;
mod conduct;
mod link;
mod links;
mod timers;

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(super) use actor::run;
use conduct::Conduct;
pub(super) use link::serve;

use crate::call::Peer;
use crate::membership::{Boot, Member};

/// What waits for the task. Packets beyond are dropped, as a network would; they are sent again in other words.
const INBOX: usize = 1024;

/// Packets that wait to be written to one link.
const OUTBOX: usize = 64;

/// What the task is told.
pub(super) enum Input {
    /// Something came over a link for liveness, where it is held against its sender if it is wrong.
    Packet { packet: Bytes, conduct: Arc<Conduct> },
    /// A link for liveness is open.
    Opened(Opened),
    /// That link has ended.
    Closed { boot: Boot, link: u64 },
    /// A node that was dialled since something was to be sent to it could not be reached.
    Unreachable(Member),
    /// A link for calls was lost and could not be found again.
    Suspected(Member),
    /// The members as another node knows them, over a link for calls.
    Sync { body: Bytes, link: Arc<Peer> },
    /// Tell this node's members over a link for calls.
    TellSync { link: Arc<Peer>, answer: bool },
}

/// A link for liveness.
pub(super) struct Opened {
    /// The node on the other side, as far as its handshake tells.
    pub(super) who: Member,
    pub(super) link: u64,
    pub(super) out: mpsc::Sender<Bytes>,
}

/// The way to the task.
pub(super) struct Gossip {
    inbox: mpsc::Sender<Input>,
    links: AtomicU64,
    syncs: AtomicU64,
    /// Packets and lists that made no sense, or were for others.
    set_aside: AtomicU64,
    /// Whether packets are set aside unread: for tests of views that differ.
    deaf: AtomicBool,
    /// Cancelled when this node's leaving has been told.
    left: CancellationToken,
}

impl Gossip {
    /// The way, and its other end for [`run`].
    pub(super) fn new() -> (Self, mpsc::Receiver<Input>) {
        let (inbox, other_end) = mpsc::channel(INBOX);
        (
            Self {
                inbox,
                links: AtomicU64::new(0),
                syncs: AtomicU64::new(0),
                set_aside: AtomicU64::new(0),
                deaf: AtomicBool::new(false),
                left: CancellationToken::new(),
            },
            other_end,
        )
    }

    /// Tells the task something that may be lost when there is too much: `false` if it was.
    pub(super) fn tell(&self, input: Input) -> bool {
        let told = self.inbox.try_send(input).is_ok();
        if !told {
            tracing::debug!("the gossip has too much to do, or has ended: something was dropped");
        }
        told
    }

    /// Sets packets aside unread from now on, or no longer.
    pub(super) fn set_deaf(&self, deaf: bool) {
        self.deaf.store(deaf, Ordering::Release);
    }

    fn packet(&self, packet: Bytes, conduct: &Arc<Conduct>) {
        if !self.deaf.load(Ordering::Acquire) {
            self.tell(Input::Packet { packet, conduct: Arc::clone(conduct) });
        }
    }

    /// Gives the task as many packets as may wait for it.
    #[cfg(test)]
    pub(super) fn fill(&self) {
        let conduct = Arc::new(Conduct::new(tokio::time::Instant::now()));
        let packet = || Input::Packet { packet: Bytes::from_static(b"?"), conduct: Arc::clone(&conduct) };
        while self.tell(packet()) {}
    }

    /// Tells the task something that must not be lost.
    pub(super) async fn insist(&self, input: Input) {
        // Nobody listens any more when the node stops.
        let _ = self.inbox.send(input).await;
    }

    fn next_link(&self) -> u64 {
        self.links.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends this node's members over a link for calls, no sooner than is due.
    pub(super) fn sync(&self, link: &Arc<Peer>, answer: bool) {
        if link.sync_due(tokio::time::Instant::now()) {
            self.tell(Input::TellSync { link: Arc::clone(link), answer });
        }
    }

    /// Waits until it has been told that this node leaves.
    pub(super) async fn has_left(&self) {
        self.left.cancelled().await;
    }

    fn count_set_aside(&self) {
        self.set_aside.fetch_add(1, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn set_aside(&self) -> u64 {
        self.set_aside.load(Ordering::Relaxed)
    }

    /// How many links for liveness there have been.
    #[cfg(test)]
    pub(super) fn links_made(&self) -> u64 {
        self.links.load(Ordering::Relaxed)
    }

    fn count_sync(&self) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
    }

    /// How many view syncs this node has sent.
    pub(super) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }
}
