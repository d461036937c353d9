//! A node's inside, shared by its handles and its tasks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::Settings;
use super::gossip::Gossip;
use super::keepers::Keepers;
use super::limits::Limits;
use super::listening;
use super::liveness::Liveness;
use super::module::Hosted;
use super::settling::{Outcome, Settling};
use super::stop::Ending;
use super::until::Until;
use super::watchdog::Watchdog;
use crate::call::{Door, Minter, Peer, Phase};
use crate::discovery::Announcement;
use crate::membership::{Boot, Change, Event, LeaveReason, Member, MemberState, Membership};
use crate::transport::Transport;
use crate::trust::{KeyRing, Keys, Secrets};
use crate::wire::handshake;

pub(crate) struct Inner {
    pub(super) door: Arc<Door>,
    pub(super) minter: Arc<Minter>,
    pub(super) cluster: String,
    /// The address under which others reach this node.
    pub(super) address: String,
    pub(super) settings: Settings,
    pub(super) transport: Transport,
    /// What is the same in all handshakes.
    handshake: handshake::Config,
    pub(super) ring: Arc<KeyRing>,
    /// The body of our tables frame.
    pub(super) tables: Vec<u8>,
    pub(super) hosted: Vec<Arc<dyn Hosted>>,
    pub(super) watchdog: Watchdog,
    pub(super) liveness: Liveness,
    limits: Limits,
    pub(super) settling: watch::Sender<Settling>,
    pub(super) gossip: Gossip,
    /// What the engine tells others of this node.
    pub(super) announced: watch::Sender<Announcement>,
    pub(super) keepers: Keepers,
    pub(super) ending: Ending,
    membership: Mutex<Membership>,
    said: watch::Sender<Member>,
    /// The runtime of the program, on which everything runs but what is about liveness.
    runtime: Handle,
    /// Places for connections that others dial.
    pub(super) incoming: Arc<Semaphore>,
    /// Every link, also those that another has replaced.
    links: Mutex<Vec<Weak<Peer>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What a node's inside is made from.
pub(super) struct Parts {
    pub(super) door: Door,
    pub(super) cluster: String,
    pub(super) address: String,
    pub(super) settings: Settings,
    pub(super) transport: Transport,
    pub(super) handshake: handshake::Config,
    pub(super) ring: KeyRing,
    pub(super) tables: Vec<u8>,
    pub(super) hosted: Vec<Arc<dyn Hosted>>,
    pub(super) membership: Membership,
    pub(super) settling: Settling,
    pub(super) gossip: Gossip,
    /// What this node says of itself.
    pub(super) me: Member,
    pub(super) announced: Announcement,
    pub(super) liveness: Liveness,
    /// Ends all of the node's tasks.
    pub(super) stop: CancellationToken,
}

impl Inner {
    pub(super) fn new(parts: Parts) -> Arc<Self> {
        let ring = Arc::new(parts.ring);
        let inner = Arc::new(Self {
            door: Arc::new(parts.door),
            minter: Arc::new(Minter::new(Arc::clone(&ring))),
            cluster: parts.cluster,
            address: parts.address,
            settings: parts.settings,
            transport: parts.transport,
            handshake: parts.handshake,
            ring,
            tables: parts.tables,
            hosted: parts.hosted,
            watchdog: Watchdog::default(),
            liveness: parts.liveness,
            limits: Limits::default(),
            settling: watch::Sender::new(parts.settling),
            gossip: parts.gossip,
            said: watch::Sender::new(parts.me),
            runtime: Handle::current(),
            announced: watch::Sender::new(parts.announced),
            keepers: Keepers::default(),
            ending: Ending::default(),
            membership: Mutex::new(parts.membership),
            incoming: Arc::new(Semaphore::new(listening::CONNECTIONS)),
            links: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: parts.stop,
        });
        let spawning = Arc::downgrade(&inner);
        inner.door.spawn_by(move |task| {
            if let Some(inner) = spawning.upgrade() {
                // They end with what the node has admitted, and keep a node that drains from being idle.
                drop(inner.tasks.spawn_on(task, &inner.runtime));
            }
        });
        let fenced = Arc::downgrade(&inner);
        inner.door.on_standstill(move |found| {
            if let Some(inner) = fenced.upgrade() {
                inner.stood_still(found);
            }
        });
        inner
    }

    /// Who this node is in a handshake that begins now, and with what it proves it. A handshake ends with the keys it
    /// began with.
    pub(super) fn handshake(&self, boot: Boot) -> handshake::Config {
        self.handshake.under(boot.get(), self.ring.load().links.clone())
    }

    /// Takes other keys for what begins from now on.
    pub(super) fn set_secrets(&self, secrets: &Secrets) {
        let before = self.ring.replace(secrets);
        let now = self.ring.load();
        let (cluster, node) = (self.cluster.as_str(), &self.door.name);
        // Each handshake tells the ids to whoever dials; by them an operator sees how far each node is.
        let ids = |keys: &Keys| keys.links.ids().map(|id| format!("{id:08x}")).collect::<Vec<_>>().join(", ");
        tracing::info!(cluster, %node, before = ids(&before), now = ids(&now), "the node has other secrets");
        if !now.meet(&before) {
            tracing::warn!(cluster, %node, "the node has none of its secrets of before: others that have not either are strangers to it");
        }
    }

    /// Spawns a task that ends when the node does.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_until(&self.stop, task);
    }

    /// Spawns a task that ends with `gone`, which must be the child of [`stopped`](Self::stopped).
    pub(super) fn spawn_until(
        &self,
        gone: &CancellationToken,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        // Also what the liveness thread asks for.
        self.tasks.spawn_on(Until::new(gone, task), &self.runtime);
    }

    /// Puts an event through the membership, logs what came of it, and publishes the new view.
    pub(super) fn change(&self, event: Event) {
        self.change_all([event]);
    }

    /// The same of several, with one new view for all: its tables take their time.
    pub(super) fn change_all(&self, events: impl IntoIterator<Item = Event>) {
        self.apply(&mut lock(&self.membership), events);
    }

    /// Says something new of this node under its present boot, here and to others.
    pub(super) fn say(&self, change: impl FnOnce(&mut Member)) {
        let mut membership = lock(&self.membership);
        let mut me = self.said.borrow().clone();
        change(&mut me);
        me.age.turn += 1;
        self.apply(&mut membership, [Event::Joined(me.clone())]);
        self.said.send_replace(me);
    }

    /// Says who this node is from now on.
    pub(super) fn say_again(&self, me: Member) {
        self.said.send_replace(me);
    }

    /// Says to others that this node has left.
    pub(super) fn say_left(&self) {
        // So that nothing that is said at the same time comes afterwards.
        let _membership = lock(&self.membership);
        self.said.send_modify(|me| {
            me.state = MemberState::Left;
            me.age.turn += 1;
        });
    }

    /// What this node says of itself.
    pub(super) fn said(&self) -> watch::Receiver<Member> {
        self.said.subscribe()
    }

    pub(super) fn apply(&self, membership: &mut Membership, events: impl IntoIterator<Item = Event>) {
        let now = SystemTime::now();
        let changes: Vec<_> = events.into_iter().flat_map(|event| membership.apply(event, now)).collect();
        if changes.iter().any(Change::changes_view) {
            self.door.set_view(membership.view().clone());
            self.limits.look_at(membership.view(), &self.door.registry);
        }
        for change in &changes {
            self.cut_off(change);
            self.log(change);
        }
    }

    /// Calls that wait for a boot which is gone end now. One that has said goodbye still answers.
    fn cut_off(&self, change: &Change) {
        let (gone, answers) = match change {
            Change::Left(member, reason) => (member.boot, *reason == LeaveReason::Graceful),
            Change::Reborn { old, .. } => (old.boot, false),
            _ => return,
        };
        self.door.note_loss(gone, None);
        if answers {
            return;
        }
        // Those that another has replaced, too: nobody goes back to them.
        for link in self.links().iter().filter(|link| link.boot == gone) {
            link.close();
        }
    }

    /// Another living node has this one's name, and counts instead of it. This one owns nothing any more, for whoever
    /// asks it.
    pub(super) fn superseded(&self, by: &Member) {
        if by.address == self.address {
            // It is the run before this one, of which the others have not noticed yet that it is dead, and the clock
            // was set back meanwhile. They will.
            tracing::warn!(node = %by.name, boot = %by.boot, "others hold an earlier run of this node for the living one");
            return;
        }
        tracing::error!(node = %by.name, boot = %by.boot, address = by.address, "another living node has the name of this one, and was started later: this one is no member any more");
        self.change(Event::Draining { name: self.door.name.clone(), boot: self.door.boot() });
        let reason = format!("another node has the name {:?}, and was started later", by.name);
        self.settle(&by.address, Outcome::Refused { reason, code: None, name_taken: true });
    }

    /// Notes what became of an address, and returns whether it is news.
    pub(super) fn settle(&self, address: &str, outcome: Outcome) -> bool {
        let mut news = false;
        self.settling.send_modify(|settling| news = settling.note(address, outcome));
        news
    }

    /// From now on keys are placed here.
    pub(super) fn set_ready(&self) {
        self.door.set_ready();
        // Whoever waits for it is told.
        self.settling.send_modify(|_| {});
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
            Change::AlreadyGone { name, boot } => {
                tracing::debug!(cluster, node = %name, %boot, "the departure of a node was reported again");
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
        self.door.admission.set_phase(Phase::Stopped);
        self.stop.cancel();
        for link in self.links() {
            link.close();
        }
        self.door.change_peers(HashMap::clear);
        // Last, so that nobody is told by an answer what the end of the link says as well.
        self.door.admission.end();
    }

    pub(super) fn membership(&self) -> &Mutex<Membership> {
        &self.membership
    }

    pub(super) fn stopped(&self) -> &CancellationToken {
        &self.stop
    }

    /// Whether the others are told that this node drains, or have been.
    pub(super) fn is_draining(&self) -> bool {
        self.door.admission.phase() > Phase::Running
    }

    /// Whether it needs no new links any more. A node that drains still does.
    pub(super) fn is_closing(&self) -> bool {
        self.door.admission.phase() >= Phase::Closing
    }

    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
