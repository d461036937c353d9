//! What calls need of their node, and all that they may see of it.

use core::future::Future;
use core::hash::{BuildHasherDefault, Hasher};
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::HashMap;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::admission::{Admission, MAX_DEPTH};
use super::budget::Budget;
use super::handover::Handover;
use super::in_flight::InFlight;
use super::inflow::Inflow;
use super::peer::Peer;
use super::placement::Placements;
use super::pulse::{Pulse, Standstill};
use super::room::Room;
use super::shard_core::ShardCore;
use super::span;
use super::strangers::Strangers;
use super::tally::{CallCounts, Tally};
use super::{Failure, Method};
use crate::dispatch::{Line, Registry, panic_taken};
use crate::membership::{Boot, NodeName, View};
use crate::route::Key;
use crate::state::{Entering, Entry, Home, State, Told};
use crate::wire::{EncodeError, Limits, NotStarted, Owner};

/// The node, from where a call stands.
pub(crate) struct Door {
    pub(crate) name: NodeName,
    /// The present one: it changes when the node is fenced.
    boot: AtomicU64,
    pub(crate) registry: Registry,
    pub(crate) call_deadline: Duration,
    pub(crate) limits: Limits,
    /// Whether calls to this node go through the codec, too.
    pub(crate) force_wire: bool,
    pub(super) tally: Tally,
    /// Bytes that wait to be written, and of what has come in part or has not started.
    pub(crate) bytes_out: Arc<Room>,
    pub(crate) bytes_in: Arc<Room>,
    /// Spawns what outlives its caller.
    spawner: OnceLock<Box<dyn Fn(Task) + Send + Sync>>,
    /// By boot, what may be sent there again.
    budgets: Mutex<HashMap<Boot, Arc<Budget>>>,
    pub(crate) admission: Admission,
    /// The calls that wait to start here.
    pub(crate) line: Arc<Line>,
    pub(crate) pulse: Pulse,
    /// What is done when the process, or all of its workers, stood still for too long.
    fence: OnceLock<Box<dyn Fn(Standstill) + Send + Sync>>,
    peers: ArcSwap<Peers>,
    /// Serialises the writers of `peers`; readers never wait.
    changing: Mutex<()>,
    placements: ArcSwap<Placements>,
    /// Slots of which the modules' hooks have not been told yet.
    pub(crate) handover: Handover,
    /// Told after each change of the view.
    changed: Notify,
    /// Told after each change of the links.
    linked: Notify,
    /// Boots that are in no view.
    pub(super) strangers: Mutex<Strangers>,
    /// Told when other nodes are to be asked for their views.
    asking: Notify,
    syncs_heard: AtomicU64,
    #[cfg(test)]
    views_made: AtomicU64,
    /// Why the links to members were lost to which there is none now.
    losses: Mutex<HashMap<Boot, String>>,
    ready: AtomicBool,
}

impl Door {
    pub(crate) fn new(
        name: NodeName,
        boot: Boot,
        registry: Registry,
        view: View,
        calls: CallSettings,
    ) -> Self {
        let door = Self {
            placements: ArcSwap::from_pointee(Placements::none()),
            handover: Handover::new(&registry),
            name,
            boot: AtomicU64::new(boot.get()),
            registry,
            call_deadline: calls.deadline,
            limits: calls.limits,
            force_wire: calls.force_wire,
            tally: Tally::default(),
            bytes_out: Arc::new(Room::new(BYTES)),
            bytes_in: Arc::new(Room::new(BYTES)),
            spawner: OnceLock::new(),
            budgets: Mutex::default(),
            admission: Admission::new(calls.running),
            line: Arc::default(),
            pulse: Pulse::new(Instant::now()),
            fence: OnceLock::new(),
            peers: ArcSwap::default(),
            changing: Mutex::new(()),
            changed: Notify::new(),
            linked: Notify::new(),
            strangers: Mutex::default(),
            asking: Notify::new(),
            syncs_heard: AtomicU64::new(0),
            #[cfg(test)]
            views_made: AtomicU64::new(0),
            losses: Mutex::default(),
            ready: AtomicBool::new(false),
        };
        door.set_view(view);
        door
    }

    /// This node's present boot.
    pub(crate) fn boot(&self) -> Boot {
        Boot::new(self.boot.load(Ordering::Acquire))
    }

    /// Goes on under another boot. From here on every call for the old one is refused.
    pub(crate) fn set_boot(&self, boot: Boot) {
        self.boot.store(boot.get(), Ordering::Release);
    }

    /// Decides what is done when the process has stood still for so long that others may hold the node for dead.
    /// It has changed the boot when it returns.
    pub(crate) fn on_standstill(&self, fence: impl Fn(Standstill) + Send + Sync + 'static) {
        let _ = self.fence.set(Box::new(fence));
    }

    /// Decides how tasks are spawned that end with the node.
    pub(crate) fn spawn_by(&self, spawner: impl Fn(Task) + Send + Sync + 'static) {
        let _ = self.spawner.set(Box::new(spawner));
    }

    /// Spawns what goes on without its caller, until the node ends.
    pub(super) fn spawn(&self, task: Task) {
        match self.spawner.get() {
            Some(spawn) => spawn(task),
            None => drop(tokio::spawn(task)),
        }
    }

    /// Begins it now, in the order of the calls, and spawns what is left of it.
    pub(super) fn start(&self, mut task: Task) {
        let mut cx = Context::from_waker(Waker::noop());
        // What is thrown here is not the caller's to catch: a task would end as quietly.
        let begun = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(&mut cx)));
        match begun {
            Ok(Poll::Pending) => self.spawn(task),
            Ok(Poll::Ready(())) => {}
            Err(panic) => {
                self.tally.one_way_failed();
                let reason = panic_taken(panic);
                tracing::warn!(reason, "a one-way call panicked as it began");
            }
        }
    }

    /// What may be sent to a boot again.
    pub(crate) fn budget(&self, boot: Boot) -> Arc<Budget> {
        /// Beyond so many those of boots that have gone are forgotten.
        const MANY: usize = 256;
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() > MANY {
            let view = self.view();
            budgets.retain(|boot, _| view.by_boot(*boot).is_some());
        }
        Arc::clone(budgets.entry(boot).or_insert_with(|| Arc::new(Budget::new(Instant::now()))))
    }

    /// Whether a call to a boot may be sent again; then it is counted.
    pub(super) fn may_repeat(&self, boot: Boot) -> bool {
        self.budget(boot).take(Instant::now())
    }

    /// What there is of calls.
    pub(crate) fn counts(&self) -> CallCounts {
        let peers = self.peers();
        CallCounts {
            running: self.admission.running(),
            to_start: self.line.len(),
            waiting: peers.iter().map(|peer| peer.pending.len()).sum(),
            bytes_out: self.bytes_out.used(),
            bytes_in: self.bytes_in.used(),
            ..self.tally.read()
        }
    }

    /// The time at which a call is about to start. By then this node has another boot, if its process has stood
    /// still for too long.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        let now = Instant::now();
        self.pulse.check(now, |found| self.stood_still(found));
        now
    }

    /// The same, of a call that was made a moment ago.
    #[inline]
    pub(crate) fn now_as_of(&self, made: Instant) -> Instant {
        self.pulse.check(made, |found| self.stood_still(found));
        made
    }

    /// The same, for whoever runs on one of the node's workers, and not on a thread of the program's own.
    #[inline]
    pub(crate) fn now_on_worker(&self) -> Instant {
        let now = Instant::now();
        self.pulse.check_on_worker(now, |found| self.stood_still(found));
        now
    }

    /// The regular tick.
    pub(crate) fn tick(&self, now: Instant) {
        self.pulse.tick(now, |found| self.stood_still(found));
    }

    /// The regular tick of the workers.
    pub(crate) fn tick_of_workers(&self, now: Instant) {
        self.pulse.tick_of_workers(now, |found| self.stood_still(found));
    }

    fn stood_still(&self, found: Standstill) {
        if let Some(fence) = self.fence.get() {
            fence(found);
        }
    }

    /// The link to a boot, if there is one that takes calls.
    pub(crate) fn peer(&self, boot: Boot) -> Option<Arc<Peer>> {
        self.peers.load().get(&boot).filter(|peer| peer.is_open()).cloned()
    }

    pub(crate) fn peers(&self) -> Vec<Arc<Peer>> {
        self.peers.load().values().cloned().collect()
    }

    /// Changes the set of links. `change` must be short: it runs under a lock.
    pub(crate) fn change_peers<T>(&self, change: impl FnOnce(&mut Peers) -> T) -> T {
        let _guard = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut peers = Peers::clone(&self.peers.load());
        let out = change(&mut peers);
        self.peers.store(Arc::new(peers));
        self.linked.notify_waiters();
        out
    }

    /// Waits for a link to a boot.
    pub(crate) async fn linked(&self, boot: Boot) {
        loop {
            let changed = self.links_changed();
            if self.peer(boot).is_some() {
                return;
            }
            changed.await;
        }
    }

    /// Told after the next change of the links. It counts from the call, not from the first poll.
    pub(crate) fn links_changed(&self) -> Notified<'_> {
        self.linked.notified()
    }

    /// Asks a few other nodes for their views.
    pub(super) fn ask(&self) {
        self.asking.notify_one();
    }

    /// Waits until others are to be asked.
    pub(crate) async fn asked(&self) {
        self.asking.notified().await;
    }

    /// Notes that another node has told its view.
    pub(crate) fn synced(&self) {
        self.syncs_heard.fetch_add(1, Ordering::AcqRel);
        self.linked.notify_waiters();
    }

    pub(crate) fn syncs_heard(&self) -> u64 {
        self.syncs_heard.load(Ordering::Acquire)
    }

    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.placements.load().view)
    }

    /// Publishes another view. One at a time: what changes is found out by comparing it with the one before.
    pub(crate) fn set_view(&self, view: View) {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.placements.load_full();
        strangers.note_departed(&old.view, &view);
        drop(strangers);
        let new = Arc::new(Placements::of(view, &self.registry, &old));
        let moves = self.handover.moves(&self.name, &old, &new);
        self.handover.close(&moves);
        self.placements.store(new);
        self.handover.hand_on(moves);
        self.changed.notify_waiters();
        #[cfg(test)]
        self.views_made.fetch_add(1, Ordering::AcqRel);
    }

    /// Who owns what in the newest view.
    pub(crate) fn placements(&self) -> Guard<Arc<Placements>> {
        self.placements.load()
    }

    /// Waits until the view is another one than that of `digest`.
    pub(crate) async fn other_view(&self, digest: u64) {
        loop {
            let changed = self.changed.notified();
            if self.placements.load().view.digest() != digest {
                return;
            }
            changed.await;
        }
    }

    /// Waits for a view of which that is true.
    pub(crate) async fn view_where(&self, holds: impl Fn(&View) -> bool) {
        loop {
            let view = self.view();
            if holds(&view) {
                return;
            }
            self.other_view(view.digest()).await;
        }
    }

    /// Notes why the link to a boot was lost, or that there is no reason any more to remember it. Of a boot that is
    /// no member there is none: nobody would ever take it back.
    pub(crate) fn note_loss(&self, boot: Boot, reason: Option<String>) {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: whoever takes a member out of the view forgets its loss afterwards.
        match reason.filter(|_| self.view().by_boot(boot).is_some()) {
            Some(reason) => losses.insert(boot, reason),
            None => losses.remove(&boot),
        };
    }

    /// How often tables were made.
    #[cfg(test)]
    pub(crate) fn views_made(&self) -> u64 {
        self.views_made.load(Ordering::Acquire)
    }

    /// Of how many boots a loss is remembered.
    #[cfg(test)]
    pub(crate) fn losses(&self) -> usize {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Why a call to a boot cannot be sent: no link leads there now, or nothing is known of it.
    fn unreachable(&self, boot: Boot) -> NotStarted {
        match self.view().by_boot(boot) {
            // This node had that boot until a moment ago, and its view says so still.
            Some(member) if member.name == self.name => return NotStarted::BootGone,
            None => return NotStarted::BootGone,
            Some(_) => {}
        }
        let losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        NotStarted::NotConnected { detail: losses.get(&boot).cloned() }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// The context of a call that is made in `state` for `key`, and may take so long, or as long as the node has it.
    pub(crate) fn enter(
        &self,
        state: &State,
        key: Key,
        home: Arc<dyn Home>,
        timeout: Option<Duration>,
    ) -> State {
        let timeout = self.may_take(timeout);
        let times = (Instant::now() + timeout, timeout);
        state.entering(State::around(), self.entry(key, home, times, span::is_enabled()))
    }

    /// How long a call may take that is to take so long, or as long as the node has it.
    #[inline]
    pub(super) fn may_take(&self, timeout: Option<Duration>) -> Duration {
        timeout.unwrap_or(self.call_deadline).min(LONGEST_CALL)
    }

    /// What this node knows of a call of its own. `span`: whether that has one.
    #[inline]
    pub(super) fn entry(
        &self,
        key: Key,
        home: Arc<dyn Home>,
        (deadline, timeout): (Instant, Duration),
        span: bool,
    ) -> Entry {
        Entry { key, deadline: Some(deadline), timeout: Some(timeout), boot: self.boot(), span, home }
    }

    /// When a call in this context ends. A context that a proxy has entered always has a deadline.
    pub(crate) fn deadline(&self, state: &State) -> Instant {
        state.deadline().unwrap_or_else(|| Instant::now() + self.call_deadline)
    }

    /// How long the reader of a stream that is opened in this context may take nothing.
    pub(super) fn patience(&self, state: &State) -> Duration {
        state.timeout().unwrap_or(self.call_deadline)
    }

    /// The same as the deadline, if there is time left to begin.
    pub(crate) fn time_for(&self, state: &State, now: Instant) -> Result<Instant, NotStarted> {
        in_time(self.deadline(state), now)
    }

    /// Sends a call to another node. Nothing is sent when this fails.
    pub(crate) fn send(
        &self,
        boot: Boot,
        method: &Method<'_>,
        call: Outgoing<'_>,
        flow: Option<Arc<Inflow>>,
        args: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<InFlight, Failure> {
        if call.told.depth > MAX_DEPTH {
            return Err(NotStarted::TooDeep.into());
        }
        if !self.admission.may_call() {
            return Err(NotStarted::Draining.into());
        }
        in_time(call.deadline, call.now)?;
        let Some(peer) = self.peer(boot) else { return Err(self.no_link(boot, method).into()) };
        peer.send(method, &call, flow, args)
    }

    #[cold]
    fn no_link(&self, boot: Boot, method: &Method<'_>) -> NotStarted {
        if boot == self.boot() {
            // A shard that names this node, which does not host the module.
            method.no_host()
        } else {
            self.unreachable(boot)
        }
    }

    /// A call in this context, as it is told to others.
    pub(crate) fn outgoing<'a>(
        &self,
        (state, now): (&'a State, Instant),
        owner: Option<Owner>,
    ) -> Outgoing<'a> {
        let (deadline, patience) = (self.deadline(state), self.patience(state));
        Outgoing { told: state.told(), deadline, patience, now, owner, waker: None }
    }
}

/// A call that goes to another node.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) told: Told<'a>,
    pub(crate) deadline: Instant,
    /// If it opens a stream: how long the reader of that may take nothing.
    pub(crate) patience: Duration,
    pub(crate) now: Instant,
    /// Of a keyed call: why the other node is believed to own the key.
    pub(crate) owner: Option<Owner>,
    /// Woken when there is an answer. Without one whoever polls the call is.
    pub(crate) waker: Option<&'a Waker>,
}

impl<'a> Outgoing<'a> {
    /// A call that goes through a shard.
    #[inline]
    pub(super) fn new(
        core: &'a ShardCore,
        call: &'a Entering,
        (owner, now): (Option<Owner>, Instant),
        waker: Option<&'a Waker>,
    ) -> Self {
        let told = call.told(core.key.wire());
        Self { told, deadline: call.deadline(), patience: call.timeout(), now, owner, waker }
    }
}

fn in_time(deadline: Instant, now: Instant) -> Result<Instant, NotStarted> {
    if deadline <= now { Err(NotStarted::Expired) } else { Ok(deadline) }
}

/// The links that take calls.
pub(crate) type Peers = HashMap<Boot, Arc<Peer>, BuildHasherDefault<ByBoot>>;

/// A boot is a random number, and needs no hashing to spread. Whoever draws his own with care lengthens a look-up by as
/// many steps as he has links.
#[derive(Default)]
pub(crate) struct ByBoot(u64);

impl Hasher for ByBoot {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Nothing but a number is ever hashed with this.
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }
}

/// A boxed piece of work that outlives whoever has asked for it.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a builder decides about calls.
#[derive(Clone, Copy)]
pub(crate) struct CallSettings {
    pub(crate) deadline: Duration,
    pub(crate) limits: Limits,
    pub(crate) running: usize,
    pub(crate) force_wire: bool,
}

/// Bytes that may wait on a node in each direction, over all links.
const BYTES: usize = 256 * 1024 * 1024;

/// A caller that asks for more time than this gets this much. No clock ends on the way there.
pub(crate) const LONGEST_CALL: Duration = Duration::from_secs(3 * 365 * 24 * 3600);
