//! Values ↔ bytes. Pure: no socket, no clock, no task.
//!
//! Whatever is read here was written by somebody else. Hence the lints: nothing below may panic on its
//! input, and every length is checked against what is there before anything is allocated for it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

mod bincode;
pub(crate) mod call;
pub(crate) mod codec;
pub(crate) mod cursor;
pub(crate) mod frame;
mod guard;
pub(crate) mod limits;
pub(crate) mod outcome;
pub(crate) mod reply;
pub(crate) mod shape;
pub(crate) mod tables;

/// The codec that links speak.
pub(crate) type Wire = bincode::Bincode;

#[cfg(test)]
mod tests;
