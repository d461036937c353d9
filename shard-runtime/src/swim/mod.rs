//! Who is alive, by SWIM: probes, suspicion and gossip between the nodes themselves.
//!
//! Pure: packets, timers and commands come in, and what is to be sent, waited for and told comes out as [`Output`]s.
//! The protocol itself is foca's (Das, Gupta and Motivala, "SWIM", 2002, with suspicion and infection-style
//! dissemination); what is ours is the [record](record) that travels as its identity, the [seal](seal) on every
//! packet, the rules on which record and which run of a name counts, and the bounds.
//!
//! Whatever is read here was written by somebody else, hence the lints.
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

mod bad_packet;
mod codec;
mod collector;
mod commands;
mod downs;
mod driver;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod hearing;
mod identity;
mod output;
mod pace;
mod record;
mod rng;
mod seal;
mod settling;
mod sync;

pub(crate) use bad_packet::BadPacket;
pub(crate) use driver::Swim;
pub(crate) use output::{Output, Timer};
pub(crate) use pace::Pace;
pub(crate) use seal::MAX_SYNC;

#[cfg(test)]
mod tests;
