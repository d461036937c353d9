//! A node's inside, shared by its handles and its tasks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::Settings;
use super::liveness::Liveness;
use super::module::Hosted;
use super::settling::Settling;
use super::watchdog::Watchdog;
use crate::call::{Door, Minter, Peer};
use crate::membership::{Boot, Change, Event, LeaveReason, Member, Membership, NodeName};
use crate::transport::Transport;
use crate::wire::handshake;

pub(crate) struct Inner {
    pub(super) door: Arc<Door>,
    pub(super) minter: Arc<Minter>,
    pub(super) cluster: String,
    /// The address under which others reach this node.
    pub(super) address: String,
    pub(super) settings: Settings,
    pub(super) transport: Transport,
    pub(super) handshake: handshake::Config,
    /// The body of our tables frame.
    pub(super) tables: Vec<u8>,
    pub(super) hosted: Vec<Arc<dyn Hosted>>,
    pub(super) watchdog: Watchdog,
    pub(super) liveness: Liveness,
    pub(super) settling: watch::Sender<Settling>,
    membership: Mutex<Membership>,
    /// Every link, also those that another has replaced.
    links: Mutex<Vec<Weak<Peer>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What a node's inside is made from.
pub(super) struct Parts {
    pub(super) door: Door,
    pub(super) minter: Minter,
    pub(super) cluster: String,
    pub(super) address: String,
    pub(super) settings: Settings,
    pub(super) transport: Transport,
    pub(super) handshake: handshake::Config,
    pub(super) tables: Vec<u8>,
    pub(super) hosted: Vec<Arc<dyn Hosted>>,
    pub(super) membership: Membership,
    pub(super) settling: Settling,
    pub(super) liveness: Liveness,
    /// Ends all of the node's tasks.
    pub(super) stop: CancellationToken,
}

impl Inner {
    pub(super) fn new(parts: Parts) -> Arc<Self> {
        let inner = Arc::new(Self {
            door: Arc::new(parts.door),
            minter: Arc::new(parts.minter),
            cluster: parts.cluster,
            address: parts.address,
            settings: parts.settings,
            transport: parts.transport,
            handshake: parts.handshake,
            tables: parts.tables,
            hosted: parts.hosted,
            watchdog: Watchdog::default(),
            liveness: parts.liveness,
            settling: watch::Sender::new(parts.settling),
            membership: Mutex::new(parts.membership),
            links: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: parts.stop,
        });
        let fenced = Arc::downgrade(&inner);
        inner.door.on_standstill(move |found| {
            if let Some(inner) = fenced.upgrade() {
                inner.stood_still(found);
            }
        });
        inner
    }

    /// Spawns a task that ends when the node does.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(task).await });
    }

    /// Puts an event through the membership, logs what came of it, and publishes the new view.
    pub(super) fn change(&self, event: Event) {
        self.apply(&mut lock(&self.membership), event);
    }

    /// Takes in a member to which there is a link, which `put_in` puts into the table. `false`: the first link
    /// to another boot of that name is still open, and nothing was done. (Whoever had lost its link and comes
    /// back while another comes under its name has no such claim.)
    pub(super) fn join(&self, member: Member, peer: &Peer, put_in: impl FnOnce()) -> bool {
        let mut membership = lock(&self.membership);
        let known = membership.view().get(member.name.as_str()).map(|known| known.boot);
        match known {
            // Its link was lost and has been found again, or it has two.
            Some(boot) if boot == member.boot => put_in(),
            Some(boot) if self.door.peer(boot).is_some_and(|link| link.is_first()) => return false,
            _ => {
                peer.set_first();
                put_in();
                self.apply(&mut membership, Event::Joined(member));
            }
        }
        true
    }

    /// Gives up a member that cannot be found again, unless a link to it has been made at this very moment.
    pub(super) fn give_up(&self, name: NodeName, boot: Boot) {
        let mut membership = lock(&self.membership);
        let known = membership.view().by_boot(boot).is_some();
        if known && boot != self.door.boot() && self.door.peer(boot).is_none() {
            self.door.note_loss(boot, None);
            self.apply(&mut membership, Event::Left { name, boot, reason: LeaveReason::Unreachable });
        }
    }

    pub(super) fn apply(&self, membership: &mut Membership, event: Event) {
        for change in membership.apply(event, SystemTime::now()) {
            if change.changes_view() {
                self.door.set_view(membership.view().clone());
            }
            self.log(&change);
        }
    }

    fn log(&self, change: &Change) {
        let cluster = self.cluster.as_str();
        match change {
            Change::Joined(member) => {
                tracing::info!(cluster, node = %member.name, boot = %member.boot, address = member.address, "a node joined");
            }
            Change::Left(member, reason) => {
                tracing::info!(cluster, node = %member.name, boot = %member.boot, address = member.address, %reason, "a node left");
            }
            Change::Changed { old, new } => {
                tracing::info!(cluster, node = %new.name, boot = %new.boot, from = ?old.state, to = ?new.state, "a node changed");
            }
            Change::Draining(member) => {
                tracing::info!(cluster, node = %member.name, boot = %member.boot, "a node will leave");
            }
            Change::Reborn { old, new } => {
                tracing::info!(cluster, node = %new.name, old = %old.boot, boot = %new.boot, address = new.address, "a node came back under a new boot");
            }
            Change::AlreadyKnown(member) => {
                tracing::debug!(cluster, node = %member.name, "a node that is known was reported again");
            }
            other => tracing::warn!(cluster, report = ?other, "a report about a node was set aside"),
        }
    }

    /// Keeps an eye on a link: deadlines of the calls on it, pings, its end after a replacement.
    pub(super) fn watch(&self, peer: &Arc<Peer>) {
        lock(&self.links).push(Arc::downgrade(peer));
    }

    /// Every link that is open.
    pub(super) fn links(&self) -> Vec<Arc<Peer>> {
        let mut links = lock(&self.links);
        links.retain(|link| link.upgrade().is_some_and(|peer| peer.is_open()));
        links.iter().filter_map(Weak::upgrade).collect()
    }

    /// Ends everything now.
    pub(super) fn stop(&self) {
        self.door.set_phase(crate::call::Phase::Stopped);
        self.stop.cancel();
        for link in self.links() {
            link.close();
        }
        self.door.change_peers(HashMap::clear);
    }

    pub(super) fn membership(&self) -> &Mutex<Membership> {
        &self.membership
    }

    pub(super) fn stopped(&self) -> &CancellationToken {
        &self.stop
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.door.phase() != crate::call::Phase::Running
    }

    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
