//! The shape of a type: what serde shows of it without a value.
//!
//! Two builds may hold different ideas of a type. bincode writes no names, so one would read the other's bytes as
//! something else and not notice. Therefore each node computes a fingerprint of what it would read, and a
//! method is called only where the fingerprints agree.
//!
//! A deserializer that records instead of reading ([`de`]) is asked for a value again and again, each time
//! with other choices ([`recorder`]), until every variant of every enum has been seen. What it saw is a
//! graph of types ([`graph`]), whose unfolding from the root is hashed.
//!
//! What counts: field names and their order, variant names and their order, kinds of primitives, lengths of
//! tuples, and all of it for whatever is inside. What does not: names of types, newtype structs (they leave no
//! trace in the bytes), the difference between owned and borrowed, and between `usize` and `u64`.

mod de;
mod graph;
mod names;
mod recorder;
mod samples;
#[cfg(test)]
mod tests;

use std::hash::Hasher as _;

use serde::Deserialize;
use siphasher::sip::SipHasher24;

/// What is known about a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Equal for types that read each other's bytes, different with near certainty for others.
    pub(crate) fingerprint: u64,
    /// Types that accept none of the sample values: only their names count, and in a struct the types of the
    /// fields behind them were not seen either.
    pub(crate) opaque: Vec<String>,
}

/// A type that an encoding without names cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: type `{type_name}` cannot travel: {reason}")]
pub(crate) struct CannotTravel {
    /// Where it stands, from the inside out: `` field `pos` of `Player` ``.
    pub(crate) path: String,
    /// The type, without the path of its module.
    pub(crate) type_name: String,
    /// What it asks for that the encoding does not have.
    pub(crate) reason: String,
}

impl Shape {
    /// Looks at a type.
    pub(crate) fn of<T: Deserialize<'static>>() -> Result<Self, CannotTravel> {
        recorder::Recorder::record::<T>()
    }
}

/// The signature of a method from the fingerprints of its arguments, its value and its error (zero if it has
/// none).
pub(crate) fn combine(args: u64, value: u64, error: u64) -> u64 {
    let mut hash = SipHasher24::new();
    for part in [args, value, error] {
        hash.write(&part.to_le_bytes());
    }
    hash.finish()
}
