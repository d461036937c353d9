//! What calls need of their node, and all that they may see of it.

use core::any::Any;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::handover::Handover;
use super::peer::Peer;
use super::pending::Waiting;
use super::placement::Placements;
use super::{Failure, Method};
use crate::dispatch::{Admitted, Registry, RunningCount};
use crate::membership::{Boot, NodeName, View};
use crate::route::Key;
use crate::state::{Entry, State};
use crate::wire::{EncodeError, Limits, NotStarted, Owner};

/// The node, from where a call stands.
pub(crate) struct Door {
    pub(crate) name: NodeName,
    pub(crate) boot: Boot,
    pub(crate) registry: Registry,
    pub(crate) call_deadline: Duration,
    pub(crate) limits: Limits,
    pub(crate) running: RunningCount,
    peers: ArcSwap<HashMap<Boot, Arc<Peer>>>,
    /// Serialises the writers of `peers`; readers never wait.
    changing: Mutex<()>,
    view: ArcSwap<View>,
    placements: ArcSwap<Placements>,
    /// Slots of which the modules' hooks have not been told yet.
    pub(crate) handover: Handover,
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
        let door = Self {
            placements: ArcSwap::from_pointee(Placements::none()),
            handover: Handover::new(&registry),
            name,
            boot,
            registry,
            call_deadline: calls.deadline,
            limits: calls.limits,
            running: RunningCount::new(calls.running),
            peers: ArcSwap::default(),
            changing: Mutex::new(()),
            changed: Notify::new(),
            view: ArcSwap::default(),
            losses: Mutex::default(),
            ready: AtomicBool::new(false),
            phase: AtomicU8::new(Phase::Running as u8),
        };
        door.set_view(view);
        door
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

    /// Publishes another view. One at a time: what changes is found out by comparing it with the one before.
    pub(crate) fn set_view(&self, view: View) {
        let (old, new) = (self.placements.load_full(), Arc::new(Placements::of(&view, &self.registry)));
        let moves = self.handover.moves(&self.name, &old, &new);
        self.handover.close(&moves);
        self.placements.store(new);
        self.view.store(Arc::new(view));
        self.handover.hand_on(moves);
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
        if self.view().by_boot(boot).is_none() {
            return NotStarted::BootGone;
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
    pub(crate) fn time_for(&self, state: &State) -> Result<Instant, NotStarted> {
        let deadline = self.deadline(state);
        if deadline <= Instant::now() { Err(NotStarted::Expired) } else { Ok(deadline) }
    }

    /// Sends a call to another node. Nothing is sent when this fails.
    pub(crate) fn send(
        &self,
        boot: Boot,
        method: &Method<'_>,
        state: &State,
        owner: Option<Owner>,
        args: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<Waiting, Failure> {
        if state.depth() > MAX_DEPTH {
            return Err(NotStarted::TooDeep.into());
        }
        let deadline = self.time_for(state)?;
        let peer = self.peer(boot).ok_or_else(|| {
            if boot == self.boot {
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
