//! The signed name of a shard, for clients to hold and give back.
//!
//! A token is a fixed header of 48 bytes and the key, little-endian:
//!
//! ```text
//!  0  version        u8    1
//!  1  key id         u8    which secret signed it
//!  2  flags          u8    bit 0: bound to a subject; bit 1: keyed, node and boot are 0; the others are 0
//!  3  module         u64   digest of the module's name
//! 11  node           u64   digest of the node's name
//! 19  boot           u64
//! 27  expiry         u40   seconds since 1970
//! 32  MAC            16    the first half of an HMAC-SHA256
//! 48  key                  kind byte and bytes, at most 129
//! ```
//!
//! The MAC covers `"shard 1 token"`, bytes 0 to 31, and then, each with its length (u64) in front, the
//! key as written, the cluster's name, and, where the token is bound, the subject. Which subject to put
//! under the MAC is decided by who verifies, not by the flag: a bound token is refused without its
//! subject, and an unbound one is refused where a subject is demanded, both as a wrong MAC.
//!
//! Until the MAC has been found right, nothing of a token is used but its length, its version (which
//! says where the MAC is) and its key id (which says what to check it with).
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

mod claims;
mod error;
mod layout;
mod seal;
mod serde;
mod shard_token;

#[cfg(test)]
mod tests;

pub(crate) use claims::{Claims, DEFAULT_LIFETIME, expiry_after};
pub use error::TokenError;
pub use shard_token::ShardToken;
