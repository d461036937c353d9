//! Slots on their way: what a module's hooks have still to be told of, and which calls wait until they were.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Poll;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::door::Door;
use super::lane::Lane;
use super::moves::{Move, moves};
use super::placement::Placements;
use crate::dispatch::{Registry, SlotHooks};
use crate::membership::NodeName;
use crate::route::Slots;
use crate::route::hash::Slot;
use crate::wire::NotStarted;

/// The moves of all modules that have a hook for them.
pub(crate) struct Handover {
    /// By the module's place in the registry; `None` for those without hooks.
    tracks: Vec<Option<Track>>,
    /// How many tracks have slots that are closed. Most of the time none has.
    closed: AtomicUsize,
    /// Told when slots are no longer closed, and when a track has nothing more to do.
    progress: Notify,
}

/// One module's moves, one after another.
struct Track {
    hooks: SlotHooks,
    lane: Mutex<Lane>,
    /// Told when there are other moves than before.
    news: Notify,
}

impl Handover {
    pub(super) fn new(registry: &Registry) -> Self {
        let track = |hooks: SlotHooks| {
            let track = Track { hooks, lane: Mutex::default(), news: Notify::new() };
            (hooks.arriving || hooks.leaving).then_some(track)
        };
        Self {
            tracks: registry.entries().iter().map(|entry| track(entry.slot_hooks())).collect(),
            closed: AtomicUsize::new(0),
            progress: Notify::new(),
        }
    }

    /// What the change from one view to the next moves, by module.
    pub(super) fn moves(&self, me: &NodeName, old: &Placements, new: &Placements) -> Vec<Vec<Move>> {
        let of = |(module_index, track): (usize, &Option<Track>)| {
            track.as_ref().map(|_| moves(me, module_index, old, new)).unwrap_or_default()
        };
        self.tracks.iter().enumerate().map(of).collect()
    }

    /// Lets calls of the slots that will arrive wait. Before others can see that they are this node's.
    pub(super) fn close(&self, moves: &[Vec<Move>]) {
        for (track, moves) in self.tracks.iter().zip(moves) {
            let Some(track) = track.as_ref().filter(|track| track.hooks.arriving) else { continue };
            let arriving = moves.iter().filter(|one| matches!(one, Move::Arriving { .. }));
            self.change(track, |lane| arriving.for_each(|one| lane.close(one.slots())));
        }
    }

    /// Hands the moves on to the hooks. After others can see them: who looks at a slot that is closed no more
    /// because it has left must be able to find that out.
    pub(super) fn hand_on(&self, moves: Vec<Vec<Move>>) {
        for (track, moves) in self.tracks.iter().zip(moves) {
            let Some(track) = track else { continue };
            self.change(track, |lane| moves.into_iter().for_each(|one| lane.add(track.hooks, one)));
            track.news.notify_one();
        }
        self.progress.notify_waiters();
    }

    /// The next move of a module, when there is one. The one before must have been [`done`](Self::done).
    pub(crate) async fn next(&self, module_index: usize) -> Option<Move> {
        let track = self.track(module_index)?;
        loop {
            if let Some(next) = self.change(track, Lane::start) {
                return Some(next);
            }
            track.news.notified().await;
        }
    }

    /// What is still this node's of the arrival that [`next`](Self::next) gave; nothing once all has left.
    pub(crate) fn still_arriving(&self, module_index: usize) -> Slots {
        self.track(module_index).map(|track| track.lock().arriving().clone()).unwrap_or_default()
    }

    /// The hook has been told of the move that [`next`](Self::next) gave: calls of its slots may begin.
    pub(crate) fn done(&self, module_index: usize) {
        let Some(track) = self.track(module_index) else { return };
        self.change(track, Lane::finish);
        self.progress.notify_waiters();
    }

    /// Waits for a change of what there is to do in a module.
    pub(crate) async fn news(&self, module_index: usize) {
        if let Some(track) = self.track(module_index) {
            track.news.notified().await;
        }
    }

    /// Waits until all hooks have been told of all moves.
    pub(crate) async fn idle(&self) {
        loop {
            let progress = self.progress.notified();
            if self.tracks.iter().flatten().all(|track| track.lock().is_idle()) {
                return;
            }
            progress.await;
        }
    }

    /// The track of a module for whose arrivals calls have to wait.
    fn gate(&self, module_index: usize) -> Option<&Track> {
        self.track(module_index).filter(|track| track.hooks.arriving)
    }

    fn is_closed(&self, track: &Track, slot: Slot) -> bool {
        self.closed.load(Ordering::Acquire) > 0 && track.lock().closed().has(slot)
    }

    fn track(&self, module_index: usize) -> Option<&Track> {
        self.tracks.get(module_index)?.as_ref()
    }

    /// Changes a track, and keeps count of those that have closed slots.
    fn change<T>(&self, track: &Track, change: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lane = track.lock();
        let before = lane.closed().is_empty();
        let out = change(&mut lane);
        match (before, lane.closed().is_empty()) {
            (true, false) => drop(self.closed.fetch_add(1, Ordering::AcqRel)),
            (false, true) => drop(self.closed.fetch_sub(1, Ordering::AcqRel)),
            _ => {}
        }
        out
    }
}

impl Track {
    fn lock(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    /// Whether a keyed call may begin with a slot of which this node was the owner a moment ago: `Pending` while
    /// the module's hook has not been told of the slot, an error when the slot has gone since.
    pub(crate) fn let_in(&self, module_index: usize, slot: Slot) -> Poll<Result<(), NotStarted>> {
        let Some(track) = self.handover.gate(module_index) else { return Poll::Ready(Ok(())) };
        let placements = self.placements();
        match placements.owner(module_index, slot) {
            Some(host) if host.name == self.name => {}
            other => {
                let owner = other.map(|host| host.name.as_str().to_owned());
                return Poll::Ready(Err(NotStarted::WrongOwner { owner, view: placements.view.digest() }));
            }
        }
        // A slot is also open once it has left, so what was seen before must still hold behind.
        if self.handover.is_closed(track, slot) || !Arc::ptr_eq(&placements, &self.placements()) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until a keyed call may begin with a slot.
    ///
    /// # Errors
    ///
    /// `WrongOwner` when the slot leaves meanwhile, `Expired` when it lasts until the deadline, `Overloaded` when too
    /// many calls wait.
    pub(crate) async fn arrived(
        &self,
        module_index: usize,
        slot: Slot,
        deadline: Instant,
    ) -> Result<(), NotStarted> {
        match self.let_in(module_index, slot) {
            Poll::Ready(verdict) => verdict,
            // Seldom, and not to be a part of every call's future.
            Poll::Pending => Box::pin(self.waits_for(module_index, slot, deadline)).await,
        }
    }

    async fn waits_for(&self, module_index: usize, slot: Slot, deadline: Instant) -> Result<(), NotStarted> {
        let mut place = None;
        loop {
            let progress = self.handover.progress.notified();
            if let Poll::Ready(verdict) = self.let_in(module_index, slot) {
                return verdict;
            }
            if place.is_none() {
                place = Some(self.line.hold().ok_or(NotStarted::Overloaded)?);
            }
            if timeout_at(deadline, progress).await.is_err() {
                return Err(NotStarted::Expired);
            }
        }
    }
}
