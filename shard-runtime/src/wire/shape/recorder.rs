//! Asks for values until every type has been seen.
//!
//! One value shows one variant of each enum, so many are needed. Each is a *pass* from the root. Its *job* is
//! one variant of one enum; the choices that led to the enum when it was first met lead there again.
//!
//! A pass that fails is repeated with something changed: other sample values in the place where the error came
//! from, or, if that place accepts nothing, another choice in whatever surrounds it.

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;

use super::de::{Recording, Stop};
use super::graph::{Graph, Kind, NodeId, Payload, Slot};
use super::samples::{Pick, TRIES};
use super::{CannotTravel, Shape, names};

/// How many values may be asked for in all passes together, leaves included.
const STEPS: u32 = 1_000_000;
/// How deeply types may nest in a pass. Types that contain themselves end long before.
const DEPTH: usize = 128;
/// How often a variant is put off that needs others to be known first.
const POSTPONEMENTS: u32 = 3;

/// A variant of an enum; an option's `Some` or a collection's first element (0) or their absence (1).
type Choice = (NodeId, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unseen,
    Seen,
    Postponed(u32),
    /// Nothing was accepted in it.
    Failed,
    /// It cannot exist.
    Absent,
}

/// What a choice node knows besides the graph.
#[derive(Debug)]
struct Choices {
    states: Vec<State>,
    /// The choice that was first to succeed, and so did without this type inside: recursion ends with it.
    first: Option<u32>,
    /// The choices made before this node was first met.
    route: BTreeMap<NodeId, u32>,
}

/// Why a pass failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The value in this place was not accepted.
    Sample(Slot, &'static str),
    /// The choice that was made last does not exist.
    NoSuchVariant,
    /// A type contains itself and there is no way out yet.
    Endless,
}

/// A type that is being asked for.
#[derive(Debug)]
struct Frame {
    slot: Slot,
    choice: Option<Choice>,
    node: NodeId,
}

#[derive(Debug, Default)]
pub(super) struct Recorder {
    graph: Graph,
    choices: BTreeMap<NodeId, Choices>,
    jobs: VecDeque<Choice>,
    retries: BTreeMap<Slot, usize>,
    steps: u32,
    refused: Option<CannotTravel>,
    // Of the current pass:
    stack: Vec<Frame>,
    decisions: BTreeMap<NodeId, u32>,
    avoid: BTreeSet<Choice>,
    cause: Option<(Cause, Vec<Choice>)>,
}

impl Recorder {
    /// Looks at a type until there is nothing new.
    pub(super) fn record<T: Deserialize<'static>>() -> Result<Shape, CannotTravel> {
        let mut recorder = Self::default();
        let (root, _) = recorder.graph.intern("", Kind::Tuple(1));
        let root = Slot { node: root, variant: 0, place: 0 };
        let mut is_complete = recorder.work::<T>(root, None)?;
        while let Some(job) = recorder.jobs.pop_front() {
            if matches!(recorder.state(job), Some(State::Unseen | State::Postponed(_))) {
                is_complete |= recorder.work::<T>(root, Some(job))?;
            }
        }
        // Too big to be looked at, or without any value.
        let is_whole = recorder.steps < STEPS && (is_complete || !recorder.graph.opaque().is_empty());
        if !is_whole {
            recorder.graph.set_opaque(root, type_name::<T>());
        }
        let mut opaque = recorder.graph.opaque();
        opaque.extend(recorder.unseen());
        opaque.sort_unstable();
        opaque.dedup();
        Ok(Shape { fingerprint: recorder.graph.fingerprint(root.node), opaque })
    }

    /// The variants that could not be reached although nothing in them is opaque.
    fn unseen(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (&node, choices) in &self.choices {
            for (variant, state) in (0u32..).zip(&choices.states) {
                let slot = Slot { node, variant, place: 0 };
                if !matches!(state, State::Seen | State::Absent) && !self.graph.has_opaque(slot) {
                    // Options and collections that stayed empty are named by what is in them.
                    if let Some(Kind::Enum(_)) = self.graph.node(node).map(|node| node.kind) {
                        out.extend(self.graph.describe(slot));
                    }
                }
            }
        }
        out
    }

    /// One job: passes until one succeeds or nothing is left to change. Says whether one did.
    fn work<T: Deserialize<'static>>(
        &mut self,
        root: Slot,
        job: Option<Choice>,
    ) -> Result<bool, CannotTravel> {
        let mut is_complete = false;
        let mut fixed = BTreeMap::new();
        if let Some((node, choice)) = job {
            fixed = self.choices.get(&node).map(|choices| choices.route.clone()).unwrap_or_default();
            fixed.insert(node, choice);
        }
        self.avoid.clear();
        while self.steps < STEPS {
            self.decisions.clone_from(&fixed);
            self.stack.clear();
            self.cause = None;
            let result = self.child(root, type_name::<T>(), |recording| T::deserialize(recording));
            if let Some(refused) = self.refused.take() {
                return Err(refused);
            }
            is_complete = result.is_ok();
            if is_complete {
                break;
            }
            let Some((cause, path)) = self.cause.take() else { break };
            if !self.change(cause, &path, &fixed) {
                // The job as it was set cannot be done; perhaps later, when more is known.
                if let Some(job) = job {
                    self.give_up(job, cause);
                }
                break;
            }
        }
        // Whoever was reached by chance need not be looked for, but a job that never got there is over.
        if let Some(job) = job
            && self.state(job) == Some(State::Unseen)
        {
            self.set_state(job, State::Failed);
        }
        Ok(is_complete)
    }

    /// Makes the next pass different. `false` if there is nothing left to change.
    fn change(&mut self, cause: Cause, path: &[Choice], fixed: &BTreeMap<NodeId, u32>) -> bool {
        if let Cause::Sample(slot, type_name) = cause
            && !self.graph.is_opaque(slot)
        {
            let tries = self.retries.entry(slot).or_default();
            *tries = tries.saturating_add(1);
            if *tries < TRIES {
                return true;
            }
            self.graph.set_opaque(slot, type_name);
            *tries = 0;
        }
        // The innermost choice is to blame; if it is fixed, so is everything around it.
        for &choice in path.iter().rev() {
            if fixed.get(&choice.0) == Some(&choice.1) {
                return false;
            }
            if self.avoid.insert(choice) {
                self.give_up(choice, cause);
                return true;
            }
        }
        false
    }

    fn give_up(&mut self, choice: Choice, cause: Cause) {
        let state = match (cause, self.state(choice)) {
            (_, None | Some(State::Seen)) => return,
            (Cause::NoSuchVariant, _) => State::Absent,
            (Cause::Endless, Some(State::Unseen)) => State::Postponed(1),
            (Cause::Endless, Some(State::Postponed(times))) if times < POSTPONEMENTS => {
                State::Postponed(times.saturating_add(1))
            }
            _ => State::Failed,
        };
        self.set_state(choice, state);
        if matches!(state, State::Postponed(_)) {
            self.jobs.push_back(choice);
        }
    }

    fn state(&self, (node, choice): Choice) -> Option<State> {
        let choice = usize::try_from(choice).ok()?;
        self.choices.get(&node)?.states.get(choice).copied()
    }

    fn set_state(&mut self, (node, choice): Choice, state: State) {
        if let (Some(choices), Ok(choice)) = (self.choices.get_mut(&node), usize::try_from(choice))
            && let Some(place) = choices.states.get_mut(choice)
        {
            *place = state;
        }
    }
}

/// What the deserializer tells and asks.
impl Recorder {
    /// Asks for the value in a place, and notes the place if it is the first to fail.
    pub(super) fn child<R>(
        &mut self,
        slot: Slot,
        type_name: &'static str,
        ask: impl FnOnce(Recording<'_>) -> Result<R, Stop>,
    ) -> Result<R, Stop> {
        let result = ask(Recording { recorder: self, slot, type_name });
        if result.is_err() {
            self.blame(Cause::Sample(slot, type_name));
        }
        result
    }

    /// A type is asked for: notes it, and makes a choice if it has one.
    pub(super) fn enter(&mut self, slot: Slot, type_name: &'static str, kind: Kind) -> Result<Choice, Stop> {
        self.steps = self.steps.saturating_add(1);
        let (node, is_new) = self.graph.intern(type_name, kind);
        self.graph.connect(slot, node);
        if self.steps >= STEPS || self.stack.len() >= DEPTH || self.refused.is_some() {
            self.blame(Cause::Endless);
            return Err(Stop);
        }
        let count = match kind {
            Kind::Option | Kind::Seq | Kind::Map => 2,
            Kind::Enum(variants) => variants.len(),
            Kind::Primitive(_) | Kind::Tuple(_) | Kind::Struct(_) => {
                self.stack.push(Frame { slot, choice: None, node });
                return Ok((node, 0));
            }
        };
        if is_new {
            let route = self.decisions.clone();
            self.choices.insert(node, Choices { states: vec![State::Unseen; count], first: None, route });
            if let Kind::Enum(_) = kind {
                self.jobs.extend((0u32..).take(count).map(|variant| (node, variant)));
            }
        }
        let Some(choice) = self.choose(node, kind) else {
            self.blame(if count == 0 { Cause::NoSuchVariant } else { Cause::Endless });
            return Err(Stop);
        };
        self.stack.push(Frame { slot, choice: Some((node, choice)), node });
        Ok((node, choice))
    }

    /// The type that was entered last is done.
    pub(super) fn leave(&mut self, is_ok: bool) {
        let frame = self.stack.pop();
        if let (true, Some(choice)) = (is_ok, frame.and_then(|frame| frame.choice)) {
            self.set_state(choice, State::Seen);
            if let Some(choices) = self.choices.get_mut(&choice.0) {
                choices.first.get_or_insert(choice.1);
            }
        }
    }

    pub(super) fn set_payload(&mut self, node: NodeId, variant: u32, payload: Payload) {
        self.graph.set_payload(node, variant, payload);
    }

    /// The variant that was chosen last is none.
    pub(super) fn no_such_variant(&mut self) {
        self.blame(Cause::NoSuchVariant);
    }

    /// Which sample to give in a place.
    pub(super) fn pick(&self, slot: Slot) -> Pick {
        let around = self.stack.iter().map(|frame| frame.slot).chain([slot]);
        // A newtype and what is in it share a place, which must not count twice.
        let places: BTreeSet<Slot> = around.collect();
        let attempt = places.iter().filter_map(|slot| self.retries.get(slot)).sum();
        Pick { attempt, place: slot.place }
    }

    /// The type in a place asks for what the encoding does not have.
    pub(super) fn refuse(&mut self, slot: Slot, type_name: &str, reason: &str) {
        let around = self.stack.iter().rev().map(|frame| frame.slot);
        let steps: Vec<String> =
            [slot].into_iter().chain(around).filter_map(|slot| self.graph.describe(slot)).collect();
        let path = if steps.is_empty() { "the value itself".into() } else { steps.join(", in ") };
        let type_name = names::short(type_name);
        self.refused.get_or_insert(CannotTravel { path, type_name, reason: reason.into() });
    }

    /// The type that was entered last asks for what the encoding does not have.
    pub(super) fn refuse_entered(&mut self, reason: &str) {
        if let Some(Frame { slot, node, .. }) = self.stack.pop() {
            let type_name = self.graph.node(node).map_or("", |node| node.type_name);
            self.refuse(slot, type_name, reason);
        }
    }

    fn choose(&mut self, node: NodeId, kind: Kind) -> Option<u32> {
        let active: Vec<u32> =
            self.stack.iter().filter_map(|frame| frame.choice).filter(|c| c.0 == node).map(|c| c.1).collect();
        let open = |choice: u32| !self.avoid.contains(&(node, choice));
        if active.is_empty()
            && let Some(&choice) = self.decisions.get(&node)
        {
            return Some(choice);
        }
        let choice = if let Kind::Enum(_) = kind {
            let choices = self.choices.get(&node)?;
            let unseen = || {
                let mut states = (0u32..).zip(&choices.states);
                states.find(|&(choice, &state)| {
                    state == State::Unseen && open(choice) && !active.contains(&choice)
                })
            };
            choices.first.filter(|&first| open(first)).or_else(|| unseen().map(|(choice, _)| choice))?
        } else {
            let shut = !matches!(self.state((node, 0)), Some(State::Unseen | State::Seen));
            u32::from(!active.is_empty() || shut || !open(0))
        };
        if active.is_empty() {
            self.decisions.insert(node, choice);
        }
        Some(choice)
    }

    fn blame(&mut self, cause: Cause) {
        if self.cause.is_none() {
            let path = self.stack.iter().filter_map(|frame| frame.choice).collect();
            self.cause = Some((cause, path));
        }
    }
}
