//! The cluster secret and the keys derived from it.
//!
//! Pure, and the lowest layer: nothing of ours is imported here. A [`Secret`] is never used as a key
//! itself; each purpose gets a key of its own (see [`keys`]), so that what one part of the protocol
//! gives away can never be offered to another.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::arithmetic_side_effects,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::string_slice
    )
)]

pub(crate) mod keys;
mod mac;
mod ring;
mod secret;

pub(crate) use keys::{GossipKeys, LinkKey, LinkKeys, TokenKeys};
pub(crate) use mac::length;
pub(crate) use ring::{KeyRing, Keys};
pub use secret::{Secret, SecretError, Secrets};
