//! Why a key is where it is.

use std::cmp::Reverse;
use std::fmt;

use super::super::hash::{Slot, owner_digest};
use super::super::key::Key;
use super::super::rendezvous::score;
use super::super::seats::{Seats, Wishes};
use super::Plan;

/// How many candidates are listed at least.
const LISTED: usize = 3;

/// Why a [`Plan`] puts a key where it does; its `Display` is a report of a few lines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The key.
    pub key: Key,
    /// The key's routing hash.
    pub hash: u64,
    /// The slot that the key falls into, below 4,096: the first twelve bits of the hash.
    pub slot: u16,
    /// With a limit, the seat that the slot belongs to, below the limit; `None` without one, or if the
    /// limit is zero.
    pub seat: Option<u16>,
    /// The node that owns the key; `None` if there are no nodes, or the key is too long.
    pub owner: Option<String>,
    /// The nodes that would be given the slot (or the seat) if all had room, the first of them first: down
    /// to the owner, and three at least.
    pub candidates: Vec<Candidate>,
    /// Whether the first candidate has no room for it, being given others before, and so another is the
    /// owner.
    pub displaced: bool,
}

/// A node that would have a key's slot, or with a limit its seat.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The node's name.
    pub name: String,
    /// How much the node wants the slot or the seat.
    pub score: u64,
    /// How many slots the node owns.
    pub slots: usize,
}

impl Explanation {
    pub(super) fn new(plan: &Plan, key: Key, hash: u64, slot: Slot, owner: Option<&str>) -> Self {
        let seats = plan.limit.map(Seats::new);
        let seat = seats.and_then(|seats| seats.of(slot));
        let mut ranked: Vec<_> = match (seats, seat) {
            (None, _) => plan.names().map(|name| (by_score(name, slot), name)).collect(),
            (Some(seats), Some(seat)) => {
                plan.names().map(|name| (Wishes::new(name, seats).of(seat), name)).collect()
            }
            (Some(_), None) => Vec::new(),
        };
        ranked.sort_unstable_by_key(|(wish, name)| (Reverse(*wish), *name));
        let at = ranked.iter().position(|(_, name)| Some(*name) == owner);
        let listed = ranked.iter().take(at.map_or(LISTED, |at| LISTED.max(at + 1)));
        let candidate = |((_, score), name): &((Reverse<u64>, u64), &str)| Candidate {
            name: (*name).to_owned(),
            score: *score,
            slots: plan.slots(name),
        };
        Self {
            key,
            hash,
            slot: slot.number(),
            seat,
            owner: owner.map(str::to_owned),
            candidates: listed.map(candidate).collect(),
            displaced: at.is_some_and(|at| at > 0),
        }
    }
}

/// What candidates for a slot are ranked by. That [the loss](super::super::table) counts from the best score
/// for the slot makes no difference where there is one slot only.
fn by_score(name: &str, slot: Slot) -> (Reverse<u64>, u64) {
    (Reverse(0), score(owner_digest(name), slot.number()))
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {:?} has the hash {:016x} and falls into slot {}", self.key, self.hash, self.slot)?;
        if let Some(seat) = self.seat {
            write!(f, ", which belongs to seat {seat}")?;
        }
        match (&self.owner, self.candidates.first()) {
            (None, _) if self.key.check().is_err() => write!(f, "\nno node owns it: the key is too long")?,
            (None, _) => write!(f, "\nno node owns it")?,
            (Some(owner), Some(first)) if self.displaced => write!(
                f,
                "\n{owner} owns it: {} would come first, but has no room beside what it is given before",
                first.name,
            )?,
            (Some(owner), _) => write!(f, "\n{owner} owns it: it comes first")?,
        }
        self.candidates.iter().try_for_each(|candidate| {
            let Candidate { name, score, slots } = candidate;
            let mark = if self.owner.as_ref() == Some(name) { '*' } else { ' ' };
            write!(f, "\n{mark} score {score:016x}, {slots:4} slots  {name}")
        })
    }
}
