//! A set of slots.

use core::fmt;
use std::sync::Arc;

use super::hash::{SLOTS, Slot};
use super::key::Key;

const WORDS: usize = SLOTS as usize / 64;

/// A set of slots: the parts into which the keys of a module fall, 4,096 in all. A key is in the set if the
/// slot is that it falls into.
///
/// This is what a module's `slots_arriving` and `slots_leaving` are given. Cloning does not allocate.
#[derive(Clone, PartialEq, Eq)]
pub struct Slots {
    words: Arc<[u64; WORDS]>,
}

impl Slots {
    /// Whether the key's slot is in the set.
    pub fn contains(&self, key: &Key) -> bool {
        self.has(Slot::of(key))
    }

    /// The numbers of the slots, ascending, each below 4,096.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        Slot::all().filter(|slot| self.has(*slot)).map(Slot::number)
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        // A word has 64 bits, and there are 64 words.
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(crate) fn has(&self, slot: Slot) -> bool {
        let (at, bit) = place(slot);
        self.words.get(at).is_some_and(|word| word & bit != 0)
    }

    pub(crate) fn insert(&mut self, slot: Slot) {
        let (at, bit) = place(slot);
        if let Some(word) = Arc::make_mut(&mut self.words).get_mut(at) {
            *word |= bit;
        }
    }

    /// Puts in what is in the other set.
    pub(crate) fn add(&mut self, other: &Self) {
        for (word, other) in Arc::make_mut(&mut self.words).iter_mut().zip(other.words.iter()) {
            *word |= other;
        }
    }

    /// Takes out what is in the other set, and says what that was.
    pub(crate) fn take(&mut self, other: &Self) -> Self {
        let mut taken = Self::default();
        let words = Arc::make_mut(&mut self.words).iter_mut();
        let pairs = words.zip(other.words.iter()).zip(Arc::make_mut(&mut taken.words));
        for ((word, other), taken) in pairs {
            *taken = *word & other;
            *word &= !other;
        }
        taken
    }
}

fn place(slot: Slot) -> (usize, u64) {
    (usize::from(slot.number() / 64), 1 << (slot.number() % 64))
}

impl Default for Slots {
    fn default() -> Self {
        Self { words: Arc::new([0; WORDS]) }
    }
}

impl FromIterator<Slot> for Slots {
    fn from_iter<I: IntoIterator<Item = Slot>>(slots: I) -> Self {
        let mut set = Self::default();
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

/// How many they are, not which: that would fill a page.
impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(numbers: &BTreeSet<u16>) -> Slots {
        numbers.iter().filter_map(|number| Slot::new(*number)).collect()
    }

    #[test]
    fn a_key_is_where_its_slot_is() {
        let key = Key::from("arena-42");
        assert!(set(&BTreeSet::from([814])).contains(&key));
        let others = set(&(0..4096).filter(|number| *number != 814).collect());
        assert!(!others.contains(&key));
        assert_eq!(others.len(), 4095);
        assert_eq!(format!("{others:?}"), "Slots { len: 4095, .. }");
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            one in proptest::collection::btree_set(0..4096_u16, 0..200),
            other in proptest::collection::btree_set(0..4096_u16, 0..300),
        ) {
            let mut slots = set(&one);
            prop_assert_eq!(slots.iter().collect::<BTreeSet<_>>(), one.clone());
            prop_assert_eq!((slots.len(), slots.is_empty()), (one.len(), one.is_empty()));
            let copy = slots.clone();
            let taken = slots.take(&set(&other));
            prop_assert!(slots.iter().eq(one.difference(&other).copied()));
            prop_assert!(taken.iter().eq(one.intersection(&other).copied()));
            prop_assert_eq!(&copy, &set(&one));
            slots.add(&taken);
            prop_assert_eq!(slots, copy);
        }
    }
}
