//! A wrapper around any serde format that keeps hostile or unfortunate values from hurting the process.
//!
//! Formats without names, bincode among them, trust their input: a length of 2^40 in ten bytes aborts the
//! process, deep nesting overflows its stack, and elements without a size let a decoder spin for hours.
//! The guard stands between the value and the format, in both directions, and allocates nothing.

mod de;
mod meter;
mod ser;

pub(super) use de::GuardedSeed;
pub(super) use meter::{Meter, Trip};
pub(super) use ser::Guarded;
