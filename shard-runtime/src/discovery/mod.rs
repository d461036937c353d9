//! Engines: who finds out where other nodes of the cluster may be.
//!
//! An engine finds addresses and nothing else. It does not say who is a member, and above all not who is none any
//! more: that is for the membership to tell, from direct evidence alone. So an engine that is silent, empty or a day
//! old does no harm but that a new node is found later.
//!
//! [`Engine`] is one method that runs for as long as the node does. Connecting, registering, watching and connecting
//! again are one conversation with one server, and its order is the engine's own affair: a trait of `announce`,
//! `withdraw` and `watch` would have the node call them in the right order again after each lost session, of
//! which only the engine knows. What goes in is this node as it is now, in a watch channel, since its boot may change
//! while it lives, and a token that says when to withdraw. What comes out are snapshots: all that the engine sees now,
//! and not what has changed, so that a snapshot that was missed is made good by the next one, and an engine that
//! starts over has nothing to take back. Only the latest one is kept, and it is bounded.
//!
//! | engine | finds | ready |
//! |---|---|---|
//! | `single` | nobody | at once |
//! | `fixed` | every address that was listed | when each was tried |
//! | `gossip` | the seeds that were listed | when one has answered, or each was tried |
//! | `dns` | the addresses that a name stands for | after the first answer, as `gossip` |
//! | `mdns` | nodes of the cluster's name on the local network | after the first sighting, as `gossip` |
//!
//! All of them pass `conformance.rs`.

mod dns;
mod engine;
mod error;
mod list;
#[cfg(feature = "mdns")]
mod mdns;
mod setting;
mod sighting;

#[cfg(test)]
mod conformance;

pub(crate) use engine::{Announcement, Engine};
pub use error::DiscoveryError;
pub use setting::Discovery;
pub(crate) use setting::Enough;
#[cfg(test)]
pub(crate) use sighting::Sighting;
pub(crate) use sighting::{Found, Sightings};
