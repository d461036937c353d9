//! The calls of one peer that run here, as its later frames find them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::outflow::Outflow;
use super::pending::split;
use crate::state::SharedSignal;

/// The places that a peer may number its calls with. Each carries as many calls as one likes, one after another.
const PLACES: usize = 1 << 16;

/// How far a place may be beyond as many as calls have come with. A caller takes a new place only if all before it are
/// taken, so those that no call has come with yet have calls that this one has overtaken: they come in chunks, and 2,048
/// of them may be incomplete here and 1,024 have not begun to leave there, or somebody is about to queue them.
const AHEAD: usize = 4096;

/// The calls that run, by the place in the caller's table that is one half of their ids. The other half, the
/// generation, grows from call to call of one place: so a call that comes a second time is known.
#[derive(Default)]
pub(crate) struct Served {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    places: Vec<Place>,
    /// With how many of them a call has come.
    used: usize,
    streams: usize,
    closed: bool,
}

#[derive(Default)]
struct Place {
    /// Of the last call that came; none has come yet if there is none.
    generation: Option<u32>,
    call: Option<Running>,
    /// Whether its caller has said that it does not wait any more.
    cancelled: bool,
    /// Credits that have come for a stream that is not here.
    late: u8,
}

/// Credits that may be on their way as a stream ends. Small ones come every 250 ms, and no link is silent for longer
/// than 3 s.
const LATE: u8 = 16;

/// A call that has not ended.
struct Running {
    signal: SharedSignal,
    flow: Option<Arc<Outflow>>,
}

/// An id that no caller gives to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongId {
    #[error("a call came twice")]
    Twice,
    #[error("the id of a call is out of bounds")]
    OutOfBounds,
}

impl Served {
    /// Notes that a call has come.
    pub(crate) fn note(&self, id: u64) -> Result<(), WrongId> {
        let (generation, index) = split(id);
        let mut guard = self.lock();
        let table = &mut *guard;
        if table.places.len() <= index {
            table.grow(index)?;
        }
        let place = &mut table.places[index];
        // Generations wrap around: "later" is "less than half the circle ahead".
        let is_later = |last: u32| (1..1 << 31).contains(&generation.wrapping_sub(last));
        if !place.generation.is_none_or(is_later) {
            return Err(WrongId::Twice);
        }
        let is_first = place.generation.replace(generation).is_none();
        (place.cancelled, place.late) = (false, 0);
        // The caller has given up the one before, or it would not have its place for another. Nobody can name it now.
        let before = place.call.take();
        table.used += usize::from(is_first);
        if let Some(call) = before {
            table.streams -= usize::from(call.flow.is_some());
            drop(guard);
            call.signal.give_up();
        }
        Ok(())
    }

    /// Enters a call that goes on running.
    pub(crate) fn enter(&self, id: u64, signal: SharedSignal) {
        let mut table = self.lock();
        if table.closed {
            // Whoever made it has gone.
            signal.give_up();
            return;
        }
        if let Some(place) = table.place(id) {
            place.call = Some(Running { signal, flow: None });
        }
    }

    /// Enters a call that is about to open a stream, if there are not `limit` of them already.
    pub(crate) fn enter_stream(
        &self,
        id: u64,
        signal: SharedSignal,
        flow: Arc<Outflow>,
        limit: usize,
    ) -> bool {
        let mut table = self.lock();
        if table.streams >= limit || table.closed {
            return false;
        }
        if let Some(place) = table.place(id) {
            place.call = Some(Running { signal, flow: Some(flow) });
            table.streams += 1;
        }
        true
    }

    /// A call has ended.
    pub(crate) fn leave(&self, id: u64) {
        let mut table = self.lock();
        let call = table.place(id).and_then(|place| place.call.take());
        if call.is_some_and(|call| call.flow.is_some()) {
            table.streams -= 1;
        }
    }

    /// The caller does not wait for a call any more. `false`: it has not made that call, or has said so before.
    pub(crate) fn give_up(&self, id: u64) -> bool {
        let mut table = self.lock();
        let Some(place) = table.place(id) else { return false };
        let signal = place.call.as_ref().map(|call| call.signal.clone());
        let first = !core::mem::replace(&mut place.cancelled, true);
        drop(table);
        if let Some(signal) = signal {
            signal.give_up();
        }
        first
    }

    /// Whether the reader of a stream that is not here any more may not know that yet.
    pub(crate) fn takes_late_credit(&self, id: u64) -> bool {
        let mut table = self.lock();
        let place = table.place(id).filter(|place| place.late < LATE);
        place.map(|place| place.late += 1).is_some()
    }

    /// The stream that a call has opened.
    pub(crate) fn flow(&self, id: u64) -> Option<Arc<Outflow>> {
        self.lock().place(id)?.call.as_ref()?.flow.clone()
    }

    /// The peer is gone, and waits for nothing any more.
    pub(crate) fn close(&self) {
        let signals: Vec<SharedSignal> = {
            let mut table = self.lock();
            table.closed = true;
            table.places.iter().filter_map(|place| Some(place.call.as_ref()?.signal.clone())).collect()
        };
        for signal in signals {
            signal.give_up();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Makes place for one that is further ahead than all before it.
    #[cold]
    fn grow(&mut self, index: usize) -> Result<(), WrongId> {
        // What the table takes is to grow with the calls that there are, and not with what one of them says.
        if index >= PLACES.min(self.used + AHEAD) {
            return Err(WrongId::OutOfBounds);
        }
        self.places.resize_with(index + 1, Place::default);
        Ok(())
    }

    /// The place of a call, if no later one has it.
    fn place(&mut self, id: u64) -> Option<&mut Place> {
        let (generation, index) = split(id);
        self.places.get_mut(index).filter(|place| place.generation == Some(generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(generation: u32, index: u64) -> u64 {
        u64::from(generation) << 32 | index
    }

    #[test]
    fn no_call_comes_twice() {
        let served = Served::default();
        for generation in [u32::MAX - 1, u32::MAX, 0, 7] {
            assert_eq!(served.note(id(generation, 3)), Ok(()));
            assert_eq!(served.note(id(generation, 3)), Err(WrongId::Twice));
        }
        assert_eq!(served.note(id(6, 3)), Err(WrongId::Twice), "an earlier one");
        assert_eq!(served.note(id(6, 4)), Ok(()), "places count for themselves");
    }

    #[test]
    fn the_table_grows_with_the_calls_that_have_come() {
        let served = Served::default();
        let ahead = AHEAD as u64;
        assert_eq!(served.note(id(1, ahead)), Err(WrongId::OutOfBounds));
        assert_eq!(served.note(id(1, u64::from(u32::MAX))), Err(WrongId::OutOfBounds));
        assert_eq!(served.lock().places.len(), 0, "nothing was made for it");
        // Each is as far ahead as it may be, and the second call of a place makes no room for another.
        for used in 0..100 {
            assert_eq!(served.note(id(1, used + ahead - 1)), Ok(()));
            assert_eq!(served.note(id(2, used + ahead - 1)), Ok(()));
            assert_eq!(served.note(id(1, used + ahead + 1)), Err(WrongId::OutOfBounds));
        }
        assert!(served.lock().places.len() < AHEAD + 100);
    }

    #[test]
    fn a_caller_may_have_all_places_in_use() {
        let served = Served::default();
        // The first ones come last, since they are large.
        for place in (AHEAD - 1..PLACES).chain(0..AHEAD - 1) {
            assert_eq!(served.note(id(1, place as u64)), Ok(()), "{place}");
        }
        assert_eq!(served.note(id(1, PLACES as u64)), Err(WrongId::OutOfBounds));
        assert_eq!(served.lock().used, PLACES);
    }

    #[test]
    fn a_call_is_given_up_once_and_only_by_who_has_made_it() {
        let served = Served::default();
        served.note(id(1, 0)).unwrap();
        assert!(!served.give_up(id(1, 1)) && !served.give_up(id(2, 0)));
        assert!(served.give_up(id(1, 0)) && !served.give_up(id(1, 0)));
        let credits = (0..40).filter(|_| served.takes_late_credit(id(1, 0))).count();
        assert_eq!((credits, served.takes_late_credit(id(2, 0))), (16, false));
        served.note(id(2, 0)).unwrap();
        assert!(!served.give_up(id(1, 0)) && !served.takes_late_credit(id(1, 0)), "another has its place");
        assert!(served.give_up(id(2, 0)) && served.takes_late_credit(id(2, 0)));
    }

    #[test]
    fn a_later_call_ends_the_one_that_had_its_place() {
        let served = Served::default();
        let flow = Outflow::of_nobody;
        for generation in (1..20).step_by(2) {
            served.note(id(generation, 0)).unwrap();
            let signal = SharedSignal::new();
            assert!(served.enter_stream(id(generation, 0), signal.clone(), flow(), 1), "{generation}");
            assert!(!served.enter_stream(id(generation, 0), SharedSignal::new(), flow(), 1));
            served.note(id(generation, 1)).unwrap();
            assert!(!signal.is_given_up());
            served.note(id(generation + 1, 0)).unwrap_or_else(|error| panic!("{error}"));
            assert!(signal.is_given_up());
            served.leave(id(generation, 0));
        }
    }

    #[test]
    fn a_call_is_given_up_by_its_id_and_by_the_end_of_its_link() {
        let served = Served::default();
        let signals = [(); 3].map(|()| SharedSignal::new());
        for (index, signal) in (0..).zip(&signals) {
            served.note(id(1, index)).unwrap();
            served.enter(id(1, index), signal.clone());
        }
        served.give_up(id(2, 0));
        assert!(!signals[0].is_given_up(), "another generation");
        served.give_up(id(1, 0));
        served.leave(id(1, 1));
        served.close();
        assert_eq!(signals.each_ref().map(|signal| signal.is_given_up()), [true, false, true]);
        let late = SharedSignal::new();
        served.enter(id(1, 2), late.clone());
        assert!(late.is_given_up());
    }
}
