//! Places that are found by an index, and used again.

/// A slab whose places tell which time it is that they are used.
pub(super) struct Places<T> {
    all: Vec<Place<T>>,
    /// The place that is used next, if there is one that was used before.
    free: Option<u32>,
    taken: usize,
}

struct Place<T> {
    /// Which use of the place it is, or was the last one.
    generation: u32,
    held: Held<T>,
}

enum Held<T> {
    Nothing {
        /// Which place is used after this one.
        next: Option<u32>,
    },
    Value(T),
}

/// Which place it is, and which use of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) generation: u32,
    pub(super) index: u32,
}

impl<T> Places<T> {
    pub(super) const fn new() -> Self {
        Self { all: Vec::new(), free: None, taken: 0 }
    }

    /// Puts a value into a place. `None`: there are as many as can be numbered.
    #[inline]
    pub(super) fn put(&mut self, value: T) -> Option<At> {
        let index = match self.free {
            Some(index) => index,
            None => self.add()?,
        };
        let place = self.all.get_mut(index as usize)?;
        let Held::Nothing { next } = place.held else { return None };
        place.generation = place.generation.wrapping_add(1);
        place.held = Held::Value(value);
        self.free = next;
        self.taken += 1;
        Some(At { generation: place.generation, index })
    }

    #[cold]
    fn add(&mut self) -> Option<u32> {
        let index = u32::try_from(self.all.len()).ok()?;
        self.all.push(Place { generation: 0, held: Held::Nothing { next: None } });
        Some(index)
    }

    /// The value that was put there, unless it has gone.
    #[inline]
    pub(super) fn get_mut(&mut self, at: At) -> Option<&mut T> {
        match self.all.get_mut(at.index as usize) {
            Some(Place { generation, held: Held::Value(value) }) if *generation == at.generation => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Takes a value out of its place.
    pub(super) fn take(&mut self, at: At) -> Option<T> {
        let (held, next) = self.leave(at)?;
        match core::mem::replace(held, Held::Nothing { next }) {
            Held::Value(value) => Some(value),
            Held::Nothing { .. } => None,
        }
    }

    /// Drops a value where it is.
    #[inline]
    pub(super) fn clear(&mut self, at: At) {
        if let Some((held, next)) = self.leave(at) {
            *held = Held::Nothing { next };
        }
    }

    /// A place that is free from now on, and what is to be put there: which one is used after it.
    #[inline]
    fn leave(&mut self, at: At) -> Option<(&mut Held<T>, Option<u32>)> {
        match self.all.get_mut(at.index as usize) {
            Some(Place { generation, held: held @ Held::Value(_) }) if *generation == at.generation => {
                self.taken -= 1;
                Some((held, self.free.replace(at.index)))
            }
            _ => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.all.iter().filter_map(|place| match &place.held {
            Held::Value(value) => Some(value),
            Held::Nothing { .. } => None,
        })
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.all.iter_mut().filter_map(|place| match &mut place.held {
            Held::Value(value) => Some(value),
            Held::Nothing { .. } => None,
        })
    }

    /// How often a place has been used.
    #[cfg(test)]
    pub(super) fn uses(&self) -> u32 {
        self.all.iter().map(|place| place.generation).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_and_tells_its_uses_apart() {
        let mut places = Places::new();
        let [a, b] = ["a", "b"].map(|value| places.put(value).unwrap());
        assert_eq!((a.index, b.index, places.len()), (0, 1, 2));
        assert_eq!((places.take(a), places.take(a)), (Some("a"), None));
        let c = places.put("c").unwrap();
        assert_eq!(c, At { generation: a.generation + 1, ..a });
        places.clear(a);
        assert_eq!(
            (places.get_mut(a).copied(), places.get_mut(c).copied(), places.len()),
            (None, Some("c"), 2)
        );
        places.clear(b);
        places.clear(c);
        assert!(places.is_empty() && places.iter().next().is_none() && places.iter_mut().next().is_none());
        assert_eq!([0, 1, 2].map(|_| places.put("").unwrap().index), [0, 1, 2], "the last one first");
        assert_eq!(places.uses(), 6);
    }
}
