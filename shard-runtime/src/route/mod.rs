//! Key → slot → node, and the shard token.
//!
//! Pure: what is computed here is the same on every node, on every platform and in every release of
//! one [`hash::ROUTING_VERSION`]. Bytes are hashed in a written order, never through `derive(Hash)`.

pub(crate) mod hash;
mod key;
mod matching;
mod plan;
pub(crate) mod rendezvous;
mod seats;
mod slots;
pub(crate) mod table;
pub(crate) mod token;

pub use key::{Key, KeyTooLong};
pub use plan::{Candidate, Explanation, Moved, Plan};
pub use slots::Slots;
pub use token::{ShardToken, TokenError};
