//! What one module's hooks have still to be told of its slots, in order. Pure: who locks it and who waits is
//! in `handover`.

use std::collections::VecDeque;

use super::moves::Move;
use crate::dispatch::SlotHooks;
use crate::route::Slots;

/// A slot is in one queued move of each kind at most, which bounds them.
#[derive(Default)]
pub(super) struct Lane {
    queue: VecDeque<Move>,
    /// A hook is at work.
    busy: bool,
    /// The slots of the arrival that a hook is told of now, without those that have left since.
    arriving: Slots,
    /// The slots that have arrived, but not for their hook: their calls wait.
    closed: Slots,
}

impl Lane {
    /// Lets calls of slots wait that will be an arrival.
    pub(super) fn close(&mut self, slots: &Slots) {
        self.closed.add(slots);
    }

    /// Queues a move, as far as there is a hook to be told of it.
    pub(super) fn add(&mut self, hooks: SlotHooks, one: Move) {
        match one {
            Move::Arriving { slots, from } if hooks.arriving => {
                self.queue.push_back(Move::Arriving { slots, from });
            }
            Move::Arriving { .. } => {}
            Move::Leaving { slots, to, cause } => {
                self.closed.take(&slots);
                self.arriving.take(&slots);
                let slots = self.known(slots);
                if hooks.leaving {
                    self.queue.push_back(Move::Leaving { slots, to, cause });
                }
            }
        }
        self.queue.retain(|queued| !queued.slots().is_empty());
    }

    /// Of slots that leave those that the hooks have to be told of: not of what they were not told has come.
    fn known(&mut self, mut slots: Slots) -> Slots {
        for queued in &mut self.queue {
            if let Move::Arriving { slots: untold, .. } = queued {
                let untold = untold.take(&slots);
                slots.take(&untold);
            }
        }
        // What leaves again, and was told neither of the first time nor of its coming, which has no hook.
        for queued in &mut self.queue {
            if let Move::Leaving { slots: earlier, .. } = queued {
                earlier.take(&slots);
            }
        }
        slots
    }

    /// The next move, for a hook to be told of.
    pub(super) fn start(&mut self) -> Option<Move> {
        let next = self.queue.pop_front()?;
        self.busy = true;
        if let Move::Arriving { slots, .. } = &next {
            self.arriving = slots.clone();
        }
        Some(next)
    }

    /// The hook knows.
    pub(super) fn finish(&mut self) {
        self.busy = false;
        let arrived = core::mem::take(&mut self.arriving);
        self.closed.take(&arrived);
    }

    /// What is still here of the slots that a hook is told of now.
    pub(super) fn arriving(&self) -> &Slots {
        &self.arriving
    }

    /// The slots whose calls wait.
    pub(super) fn closed(&self) -> &Slots {
        &self.closed
    }

    pub(super) fn is_idle(&self) -> bool {
        !self.busy && self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::call::LeaveCause;
    use crate::route::hash::Slot;

    const BOTH: SlotHooks = SlotHooks { arriving: true, leaving: true };

    fn slots(numbers: &[u16]) -> Slots {
        numbers.iter().filter_map(|number| Slot::new(*number)).collect()
    }

    fn arriving(numbers: &[u16]) -> Move {
        Move::Arriving { slots: slots(numbers), from: None }
    }

    fn leaving(numbers: &[u16]) -> Move {
        Move::Leaving { slots: slots(numbers), to: None, cause: LeaveCause::Balance }
    }

    fn arrive(lane: &mut Lane, numbers: &[u16]) {
        lane.close(&slots(numbers));
        lane.add(BOTH, arriving(numbers));
    }

    #[test]
    fn calls_wait_for_what_the_hook_was_not_told_of() {
        let mut lane = Lane::default();
        arrive(&mut lane, &[1, 2]);
        arrive(&mut lane, &[3]);
        assert_eq!(lane.start(), Some(arriving(&[1, 2])));
        assert_eq!(lane.closed, slots(&[1, 2, 3]));
        lane.finish();
        assert_eq!(lane.closed, slots(&[3]));
        assert_eq!(lane.start(), Some(arriving(&[3])));
        lane.finish();
        assert!(lane.closed.is_empty() && lane.start().is_none());
    }

    #[test]
    fn what_comes_back_while_its_hook_runs_waits_for_the_next() {
        let mut lane = Lane::default();
        arrive(&mut lane, &[1, 2]);
        lane.start();
        lane.add(BOTH, leaving(&[1]));
        assert_eq!((&lane.closed, &lane.arriving), (&slots(&[2]), &slots(&[2])));
        arrive(&mut lane, &[1]);
        lane.finish();
        assert_eq!(lane.closed, slots(&[1]), "it was told of another stay of the slot");
        assert_eq!(lane.start(), Some(leaving(&[1])));
        lane.finish();
        assert_eq!(lane.closed, slots(&[1]));
        assert_eq!(lane.start(), Some(arriving(&[1])));
        lane.finish();
        assert!(lane.closed.is_empty());
    }

    #[test]
    fn what_was_not_told_to_come_is_not_told_to_go() {
        let mut lane = Lane::default();
        arrive(&mut lane, &[1, 2]);
        lane.add(BOTH, leaving(&[2, 3]));
        assert_eq!(lane.start(), Some(arriving(&[1])));
        lane.finish();
        assert_eq!(lane.start(), Some(leaving(&[3])));
    }

    /// One step in the life of a lane.
    #[derive(Debug, Clone)]
    enum Step {
        /// These of the slots go if they are here, and come if they are not.
        Turn(Vec<u16>),
        Start,
        Finish,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let turn = proptest::collection::vec(0..8_u16, 1..6).prop_map(Step::Turn);
        proptest::collection::vec(
            prop_oneof![2 => turn, 1 => Just(Step::Start), 1 => Just(Step::Finish)],
            0..80,
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn whatever_happens_a_module_is_told_the_truth_in_order(steps in steps()) {
            let mut lane = Lane::default();
            let mut here = Slots::default();
            // Of each slot whether the hooks were told last that it is here.
            let mut told = BTreeMap::<u16, bool>::new();
            let mut tell = |one: &Move| {
                let comes = matches!(one, Move::Arriving { .. });
                one.slots().iter().all(|slot| told.insert(slot, comes).unwrap_or(false) != comes)
            };
            for step in steps {
                match step {
                    Step::Turn(numbers) => {
                        let mut coming = slots(&numbers);
                        let going = coming.take(&here);
                        lane.close(&coming);
                        for one in [Move::Leaving { slots: going.clone(), to: None, cause: LeaveCause::Balance },
                            Move::Arriving { slots: coming.clone(), from: None }] {
                            if !one.slots().is_empty() {
                                lane.add(BOTH, one);
                            }
                        }
                        here.take(&going);
                        here.add(&coming);
                    }
                    Step::Start if !lane.busy => if let Some(one) = lane.start() {
                        prop_assert!(tell(&one), "{one:?} was told twice");
                    },
                    Step::Finish if lane.busy => lane.finish(),
                    Step::Start | Step::Finish => {}
                }
                prop_assert!(lane.queue.len() <= 16);
                prop_assert!(lane.closed.clone().take(&here) == lane.closed, "no call waits for what is gone");
                for queued in &lane.queue {
                    if let Move::Arriving { slots, .. } = queued {
                        prop_assert_eq!(&lane.closed.clone().take(slots), slots);
                    }
                }
            }
            lane.finish();
            while let Some(one) = lane.start() {
                prop_assert!(tell(&one));
                lane.finish();
            }
            prop_assert!(lane.closed.is_empty());
            prop_assert!((0..8).all(|slot| told.get(&slot).copied().unwrap_or(false) == slots(&[slot]).take(&here).len().eq(&1)));
        }

        #[test]
        fn with_one_hook_only_the_queue_is_bounded_too(steps in steps(), arrives in any::<bool>()) {
            let hooks = SlotHooks { arriving: arrives, leaving: !arrives };
            let mut lane = Lane::default();
            let mut here = Slots::default();
            for step in steps {
                let Step::Turn(numbers) = step else { continue };
                let mut coming = slots(&numbers);
                let going = coming.take(&here);
                lane.add(hooks, Move::Leaving { slots: going.clone(), to: None, cause: LeaveCause::Balance });
                lane.add(hooks, Move::Arriving { slots: coming.clone(), from: None });
                here.take(&going);
                here.add(&coming);
                prop_assert!(lane.queue.len() <= 9);
            }
        }
    }
}
