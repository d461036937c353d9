//! What calls need of their node, and all that they may see of it.

use core::any::Any;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::peer::Peer;
use super::pending::Waiting;
use super::placement::Placements;
use super::pulse::{Pulse, Standstill};
use super::{Failure, Method};
use crate::dispatch::{Admitted, Registry, RunningCount};
use crate::membership::{Boot, NodeName, View};
use crate::route::Key;
use crate::state::{Entry, State};
use crate::wire::{EncodeError, Limits, NotStarted, Owner};

/// The node, from where a call stands.
pub(crate) struct Door {
    pub(crate) name: NodeName,
    /// The present one: it changes when the node is fenced.
    boot: AtomicU64,
    pub(crate) registry: Registry,
    pub(crate) call_deadline: Duration,
    pub(crate) limits: Limits,
    pub(crate) running: RunningCount,
    pub(crate) pulse: Pulse,
    /// What is done when the process, or all of its workers, stood still for too long.
    fence: OnceLock<Box<dyn Fn(Standstill) + Send + Sync>>,
    peers: ArcSwap<HashMap<Boot, Arc<Peer>>>,
    /// Serialises the writers of `peers`; readers never wait.
    changing: Mutex<()>,
    view: ArcSwap<View>,
    placements: ArcSwap<Placements>,
    /// Told after each change of the view.
    changed: Notify,
    /// Why the links to members were lost to which there is none now.
    losses: Mutex<HashMap<Boot, String>>,
    ready: AtomicBool,
    phase: AtomicU8,
}

/// Where a node is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    Running = 0,
    Draining = 1,
    Stopped = 2,
}

impl Door {
    pub(crate) fn new(
        name: NodeName,
        boot: Boot,
        registry: Registry,
        view: View,
        calls: CallSettings,
    ) -> Self {
        Self {
            placements: ArcSwap::from_pointee(Placements::of(&view, &registry)),
            name,
            boot: AtomicU64::new(boot.get()),
            registry,
            call_deadline: calls.deadline,
            limits: calls.limits,
            running: RunningCount::new(calls.running),
            pulse: Pulse::new(Instant::now()),
            fence: OnceLock::new(),
            peers: ArcSwap::default(),
            changing: Mutex::new(()),
            changed: Notify::new(),
            view: ArcSwap::from_pointee(view),
            losses: Mutex::default(),
            ready: AtomicBool::new(false),
            phase: AtomicU8::new(Phase::Running as u8),
        }
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

    /// The time at which a call is about to start. By then this node has another boot, if its process has stood
    /// still for too long.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        let now = Instant::now();
        self.pulse.check(now, |found| self.stood_still(found));
        now
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
    pub(crate) fn change_peers<T>(&self, change: impl FnOnce(&mut HashMap<Boot, Arc<Peer>>) -> T) -> T {
        let _guard = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut peers = HashMap::clone(&self.peers.load());
        let out = change(&mut peers);
        self.peers.store(Arc::new(peers));
        out
    }

    pub(crate) fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    pub(crate) fn set_view(&self, view: View) {
        self.placements.store(Arc::new(Placements::of(&view, &self.registry)));
        self.view.store(Arc::new(view));
        self.changed.notify_waiters();
    }

    /// Who owns what in the newest view.
    pub(crate) fn placements(&self) -> Guard<Arc<Placements>> {
        self.placements.load()
    }

    /// Waits until the view is another one than that of `digest`.
    pub(crate) async fn other_view(&self, digest: u64) {
        loop {
            let changed = self.changed.notified();
            if self.placements.load().view != digest {
                return;
            }
            changed.await;
        }
    }

    /// Notes why the link to a boot was lost, or that there is no reason any more to remember it.
    pub(crate) fn note_loss(&self, boot: Boot, reason: Option<String>) {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        match reason {
            Some(reason) => losses.insert(boot, reason),
            None => losses.remove(&boot),
        };
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

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Running,
            1 => Phase::Draining,
            _ => Phase::Stopped,
        }
    }

    /// Goes on to `phase`, never back. `true`: this call was the one that did it.
    pub(crate) fn set_phase(&self, phase: Phase) -> bool {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel) < phase as u8
    }

    /// The context of a call that is made in `state` for `key`.
    pub(crate) fn enter(&self, state: &State, key: Key, home: &Arc<dyn Any + Send + Sync>) -> State {
        state.entering(Entry {
            key,
            deadline: Instant::now() + self.call_deadline,
            caller: self.name.clone(),
            home: Arc::clone(home),
        })
    }

    /// When a call in this context ends. A context that a proxy has entered always has a deadline.
    pub(crate) fn deadline(&self, state: &State) -> Instant {
        state.deadline().unwrap_or_else(|| Instant::now() + self.call_deadline)
    }

    /// The same, if there is time left to begin.
    pub(crate) fn time_for(&self, state: &State, now: Instant) -> Result<Instant, NotStarted> {
        let deadline = self.deadline(state);
        if deadline <= now { Err(NotStarted::Expired) } else { Ok(deadline) }
    }

    /// Sends a call to another node. Nothing is sent when this fails.
    pub(crate) fn send(
        &self,
        boot: Boot,
        method: &Method<'_>,
        (state, now): (&State, Instant),
        owner: Option<Owner>,
        args: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<Waiting, Failure> {
        if state.depth() > MAX_DEPTH {
            return Err(NotStarted::TooDeep.into());
        }
        let deadline = self.time_for(state, now)?;
        let peer = self.peer(boot).ok_or_else(|| {
            if boot == self.boot() {
                // A shard that names this node, which does not host the module.
                NotStarted::NoHost { module: method.module.to_owned() }
            } else {
                self.unreachable(boot)
            }
        })?;
        peer.send(method, state, deadline, owner, args)
    }

    /// Lets a call start here: not while the node ends, not deeper than a chain may go, and not beyond
    /// what may run at once. A node that drains still takes the calls that its running handlers make,
    /// directly or around a corner: they must be able to end well.
    pub(crate) fn admit(&self, depth: u8) -> Result<Admitted, NotStarted> {
        match self.phase() {
            Phase::Running => {}
            Phase::Draining if depth > 1 => {}
            Phase::Draining | Phase::Stopped => return Err(NotStarted::Draining),
        }
        if depth > MAX_DEPTH {
            return Err(NotStarted::TooDeep);
        }
        self.running.enter().ok_or(NotStarted::Overloaded)
    }
}

/// How long a chain of calls, each made by the handler of the one before, may become. It turns two
/// modules that call each other for ever into an error.
const MAX_DEPTH: u8 = 32;

/// What a builder decides about calls.
#[derive(Clone, Copy)]
pub(crate) struct CallSettings {
    pub(crate) deadline: Duration,
    pub(crate) limits: Limits,
    pub(crate) running: usize,
}
