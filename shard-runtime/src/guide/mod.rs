//! The guide: what the reference of single items has no place for.
//!
//! | page | what it answers |
//! |---|---|
//! | [`architecture`] | Which way does a call take, and where in the source is each step? |
//! | [`guarantees`] | What may I rely on, today and later? |
//! | [`cluster`] | Who is a member, who owns a key, and what happens when that changes? |
//! | [`calls`] | How long may a call take, what stops it, what can it bring back, how do I see and test it? |
//! | [`errors`] | A call failed. What do I do? |
//! | [`types`] | What can arguments and results be, and how do I change a method of a running cluster? |
//! | [`recursion`] | Why does the compiler refuse a method that calls itself through a shard? |
//! | [`configuration`] | What can be set, where, and to what? |
//! | [`security`] | What do secrets and tokens protect, and what not? |
//! | [`names`] | What if my crate calls this one something else? |
//! | [`wire`] | What stands in each byte? |

#[doc = include_str!("architecture.md")]
pub mod architecture {}

#[doc = include_str!("calls.md")]
pub mod calls {}

#[doc = include_str!("cluster.md")]
pub mod cluster {}

#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("names.md")]
pub mod names {}

#[doc = include_str!("recursion.md")]
pub mod recursion {}

#[doc = include_str!("security.md")]
pub mod security {}

#[doc = include_str!("types.md")]
pub mod types {}

#[doc = include_str!("wire.md")]
pub mod wire {}

/// The samples of the README are compiled and run with those of this guide.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
