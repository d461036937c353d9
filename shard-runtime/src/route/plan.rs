//! What-if: where keys would live, and what a change of the cluster would move.

use std::collections::BTreeMap;

use super::hash::{SLOTS, Slot, key_hash};
use super::key::Key;
use super::table::Table;

mod explanation;
mod moved;

pub use explanation::{Candidate, Explanation};
pub use moved::Moved;

/// Which node owns a key, and why, for a set of nodes that need not exist.
///
/// It places keys as a cluster would whose *active* nodes that host a module have these names, in every
/// release of one routing version: each key falls into one of 4,096 slots, and each slot has one owner.
/// Nothing is sent, and no node need run. Use it to see what adding or losing a node would move, or to
/// look into a placement that surprises.
///
/// ```
/// use shard_runtime::Plan;
///
/// let three = Plan::new(["alpha", "beta", "gamma"]);
/// let owner = three.owner("arena-42").expect("there are nodes");
/// println!("{}", three.explain("arena-42"));
///
/// // All nodes own as many slots, but for the remainder of a division.
/// assert!((three.share("alpha") - 1.0 / 3.0).abs() < 0.001);
///
/// // A fourth node takes its quarter of the keys, and moves little else.
/// let four = Plan::new(["alpha", "beta", "gamma", "delta"]);
/// let moved = three.moved(&four);
/// assert!(moved.share >= 0.25 && moved.share <= 0.27);
/// println!("{moved}");
///
/// // With a limit, the others are in reserve.
/// let singleton = four.limit(1);
/// assert_eq!(singleton.owner("arena-42"), singleton.owner("arena-43"));
/// # assert!(["alpha", "beta", "gamma"].contains(&owner));
/// ```
#[derive(Debug, Clone)]
pub struct Plan {
    /// Sorted, each once.
    names: Vec<String>,
    limit: Option<usize>,
    table: Table<String>,
}

impl Plan {
    /// Plans for nodes of these names, in any order; a name that is given twice counts once.
    ///
    /// Takes about 10 ms for 200 nodes.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        Self { table: Table::new(names.iter().cloned()), names, limit: None }
    }

    /// Plans for a module with `limit = n`: its keys live on `n` of the nodes at most, on none if that is
    /// zero.
    ///
    /// There are `n` seats of equal shares. Where there are fewer nodes than seats, nodes have several, as
    /// evenly as can be.
    #[must_use]
    pub fn limit(mut self, n: usize) -> Self {
        self.limit = Some(n);
        self.table = Table::limited(self.names.iter().cloned(), n);
        self
    }

    /// The names of all nodes, those without keys too, in the order of their bytes.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The node that owns the key; `None` if there are no nodes, or the key is
    /// [too long](Key::check).
    pub fn owner(&self, key: impl Into<Key>) -> Option<&str> {
        let key = key.into();
        key.check().ok()?;
        self.of(Slot::of(&key))
    }

    /// Which node owns the key, and how that came about.
    pub fn explain(&self, key: impl Into<Key>) -> Explanation {
        let key = key.into();
        let (hash, slot) = (key_hash(&key), Slot::of(&key));
        let owner = self.owner(key.clone());
        Explanation::new(self, key, hash, slot, owner)
    }

    /// The part of all slots that the node owns, from 0 to 1; 0 if there is no such node.
    ///
    /// Of many keys it owns about the same part: of a million keys each slot has 244, give or take 16.
    pub fn share(&self, name: &str) -> f64 {
        part(self.slots(name))
    }

    /// What moves when this plan's nodes turn into the other's.
    ///
    /// Slots that have an owner in one of the two plans only count as moved, too.
    pub fn moved(&self, other: &Self) -> Moved {
        let mut by = BTreeMap::new();
        for slot in Slot::all() {
            let (from, to) = (self.of(slot), other.of(slot));
            if from != to {
                *by.entry((from.map(str::to_owned), to.map(str::to_owned))).or_default() += 1;
            }
        }
        let slots = by.values().sum();
        Moved { slots, share: part(slots), by }
    }

    fn of(&self, slot: Slot) -> Option<&str> {
        self.table.owner(slot).map(String::as_str)
    }

    /// How many slots a node owns.
    fn slots(&self, name: &str) -> usize {
        Slot::all().filter(|slot| self.of(*slot) == Some(name)).count()
    }
}

/// So many slots of all.
fn part(slots: usize) -> f64 {
    // There are 4,096 at most, which always fit.
    f64::from(u16::try_from(slots).unwrap_or(SLOTS)) / f64::from(SLOTS)
}

#[cfg(test)]
mod tests;
