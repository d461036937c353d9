//! What the fuzzer runs: one function for each target, which takes any bytes and panics only when something that is
//! promised does not hold. The fuzzer itself is in `fuzz/`; here ordinary tests give the same functions what it has found.
//!
//! Whoever fuzzes a crate of their own has this compiled as well, so nothing here needs more than the crate itself does.

mod arguments;
mod calls;
mod chunks;
mod frames;
mod handshake;
mod items;
mod pair;
#[cfg(planted_bug)]
mod planted;
mod replies;
mod script;
mod token;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod seeds;

pub use arguments::arguments;
pub use calls::calls;
pub use chunks::chunks;

pub use frames::frames;
pub use handshake::handshake;
pub use items::items;
pub use pair::pair;
#[cfg(planted_bug)]
pub(crate) use planted::is_planted;
pub use replies::replies;
pub(crate) use script::Script;
pub use token::token;

pub use crate::node::fuzzing::connection;
pub use crate::swim::fuzzing::gossip;
