//! What one message has used of its limits.

use core::cell::Cell;

use crate::wire::limits::Limits;

/// Which limit was hit, or what the encoding cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire) enum Trip {
    TooDeep(u32),
    TooManyElements(usize),
    TooLarge {
        size: usize,
        limit: usize,
    },
    /// A field that `skip_serializing_if` left out.
    SkippedField(&'static str),
    /// A sequence or map that does not know its length before its elements.
    NoLength,
    /// A sequence or map that wrote another number of elements than it said.
    WrongLength,
}

/// Counts while a message is read or written.
///
/// The first trip stays, even if the value's own code swallows the error that came with it.
#[derive(Debug)]
pub(in crate::wire) struct Meter {
    depth: u32,
    /// No message of this size may have more elements.
    elements: usize,
    /// The bytes of the message; an element that has a size takes one at least.
    bytes: usize,
    claimed: Cell<usize>,
    trip: Cell<Option<Trip>>,
}

impl Meter {
    /// For a message of `bytes` bytes, or of at most that many if it is still to be written.
    #[inline]
    pub(in crate::wire) fn new(limits: &Limits, bytes: usize) -> Self {
        Self {
            depth: limits.depth,
            elements: limits.elements.max(bytes),
            bytes,
            claimed: Cell::new(0),
            trip: Cell::new(None),
        }
    }

    #[inline]
    pub(in crate::wire) fn tripped(&self) -> Option<Trip> {
        self.trip.get()
    }

    /// The elements claimed so far, of all collections together.
    #[inline]
    pub(in crate::wire) fn claimed(&self) -> usize {
        self.claimed.get()
    }

    #[cold]
    pub(in crate::wire) fn trip(&self, trip: Trip) -> Tripped {
        if self.trip.get().is_none() {
            self.trip.set(Some(trip));
        }
        Tripped
    }

    /// One level further in.
    #[inline]
    pub(super) fn enter(&self, depth: u32) -> Result<u32, Tripped> {
        #[cfg(planted_bug)]
        if crate::fuzzing::is_planted("arguments") && depth.saturating_add(1) == self.depth {
            return Ok(depth);
        }
        if depth < self.depth {
            Ok(depth.saturating_add(1))
        } else {
            Err(self.trip(Trip::TooDeep(self.depth)))
        }
    }

    /// Takes `count` elements off the budget and says for how many of them memory may be reserved.
    ///
    /// The claim is paid before the first element is read, and for all collections out of one purse, so that
    /// nested lies do not multiply. Memory is reserved for what the bytes can hold, never for more.
    #[inline]
    pub(super) fn claim(&self, count: usize) -> Result<usize, Tripped> {
        let before = self.claimed.get();
        let after = before.saturating_add(count);
        if after > self.elements {
            return Err(self.trip(Trip::TooManyElements(self.elements)));
        }
        self.claimed.set(after);
        Ok(count.min(self.bytes.saturating_sub(before)))
    }
}

/// The meter knows the reason.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the guard stopped the value")]
pub(in crate::wire) struct Tripped;

impl Tripped {
    #[cold]
    pub(super) fn de<E: serde::de::Error>(self) -> E {
        E::custom(self)
    }

    #[cold]
    pub(super) fn ser<E: serde::ser::Error>(self) -> E {
        E::custom(self)
    }
}
