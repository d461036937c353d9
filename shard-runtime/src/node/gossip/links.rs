//! The links for liveness that are open, and those that are being dialled.

use core::time::Duration;
use std::collections::HashMap;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{OUTBOX, Opened};
use crate::membership::Boot;

/// Links to one node: one that each side has dialled.
const PER_NODE: usize = 2;

/// Packets that wait for a link.
const WAITING: usize = 8;

/// A node that could not be reached is not dialled again for this long.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a node that leaves waits for its goodbyes to be written.
const GOODBYE: Duration = Duration::from_millis(200);

/// Nodes that are dialled or were lately.
const MAX_DIALLED: usize = 4096;

#[derive(Default)]
pub(super) struct Links {
    open: HashMap<Boot, Vec<Open>>,
    dialled: HashMap<Boot, Dialled>,
}

struct Open {
    link: u64,
    out: mpsc::Sender<Bytes>,
    since: Instant,
}

enum Dialled {
    /// Being dialled; these packets wait.
    Now(Vec<Bytes>),
    /// In vain.
    Until(Instant),
}

/// What to do with a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is on its way, or was dropped.
    Done,
    /// It waits; dial.
    Dial,
}

impl Links {
    /// Sends over an open link, or keeps the packet until there is one.
    pub(super) fn send(&mut self, boot: Boot, packet: Bytes, now: Instant) -> Sent {
        if let Some(first) = self.open.get(&boot).and_then(|links| links.first()) {
            // Full: the other side does not read. What matters is said again.
            let _ = first.out.try_send(packet);
            return Sent::Done;
        }
        match self.dialled.get_mut(&boot) {
            Some(Dialled::Now(waiting)) => {
                if waiting.len() < WAITING {
                    waiting.push(packet);
                }
                Sent::Done
            }
            Some(Dialled::Until(until)) if *until > now => Sent::Done,
            _ => {
                if self.dialled.len() >= MAX_DIALLED {
                    self.dialled.retain(|_, dialled| matches!(dialled, Dialled::Now(_)));
                }
                self.dialled.insert(boot, Dialled::Now(vec![packet]));
                Sent::Dial
            }
        }
    }

    /// A link is open: what waited for it leaves. Of many the oldest is closed.
    pub(super) fn opened(&mut self, opened: Opened, now: Instant) {
        let boot = opened.who.boot;
        if let Some(Dialled::Now(waiting)) = self.dialled.remove(&boot) {
            for packet in waiting {
                let _ = opened.out.try_send(packet);
            }
        }
        let links = self.open.entry(boot).or_default();
        links.push(Open { link: opened.link, out: opened.out, since: now });
        if links.len() > PER_NODE {
            links.remove(0);
        }
    }

    /// A link has ended. `true`: it was the last one to that node, which is to be dialled. One that ended as soon as it
    /// was open is not dialled again at once.
    pub(super) fn closed(&mut self, boot: Boot, link: u64, now: Instant) -> bool {
        let Some(links) = self.open.get_mut(&boot) else { return false };
        let Some(at) = links.iter().position(|open| open.link == link) else { return false };
        let since = links.remove(at).since;
        if !links.is_empty() {
            return false;
        }
        self.open.remove(&boot);
        let lasted = now >= since + PAUSE;
        if !lasted {
            self.unreachable(boot, now);
        }
        lasted
    }

    /// A node could not be reached.
    pub(super) fn unreachable(&mut self, boot: Boot, now: Instant) {
        self.dialled.insert(boot, Dialled::Until(now + PAUSE));
    }

    /// Waits until what was sent is with the links' writers, for a moment at most.
    pub(super) async fn written(&self) {
        let all = async {
            for open in self.open.values().flatten() {
                let _ = open.out.reserve_many(OUTBOX).await;
            }
            // The last packet of each is in its writer's hands; give them a turn.
            tokio::task::yield_now().await;
        };
        let _ = timeout(GOODBYE, all).await;
    }

    /// Nothing more is to be said to a node: its links end when what waits is written.
    pub(super) fn forget(&mut self, boot: Boot) {
        self.open.remove(&boot);
        self.dialled.remove(&boot);
    }
}
