//! How two nodes find out that they belong together, before anything else is said on a link.
//!
//! ```text
//! initiator                                     responder
//!   Hello: who I am, my keys' ids, a nonce  →
//!                                           ←   Challenge: who I am, the key to use, a nonce, proof
//!   Proof                                   →
//!                                           ←   Accept, or Refuse: code and text
//! ```
//!
//! A proof is `HMAC-SHA256(link key, role ‖ transcript)`, where the transcript is every byte that was
//! sent before it, each message with its length in front, and over TLS what both ends know the
//! connection by. The machines are pure: bytes in, bytes out, and each step consumes the one before it,
//! so that no step can be taken twice.
//!
//! A Hello begins with `SHRD` and the wire version (`u16`), and a Refuse is a code, a length and a text:
//! these keep their places in every version, so that nodes of two versions can tell each other so.
//!
//! # What it withstands
//!
//! Someone who can read, drop, delay, change and invent packets, but does not know the secret:
//!
//! - *Reflection.* The roles are under the proofs, so that neither proof can be sent back as the other;
//!   and whoever meets its own boot on the other side hangs up.
//! - *Replay.* Both nonces are under both proofs; an old message does not fit a new nonce. The caller
//!   draws a nonce for every handshake from the system's generator.
//! - *Relaying.* Someone in the middle can pass every message on, and then two honest nodes have
//!   authenticated each other through him. He cannot pass one node off as another: names, boots and
//!   addresses are under the proofs. So the caller compares the name that it meets with the one that it
//!   dialled. Over TLS he cannot even pass them on: his connections with the two are not one.
//! - *Downgrade.* Versions, and the keys on offer, are in the transcript. To strike out the newer key
//!   from a Hello makes the proofs fail.
//! - *Exhaustion.* Every field is bounded, all bodies of a handshake together stay under 4 KiB, and an
//!   answer costs two HMACs. How many may knock at once is the transport's matter.
//!
//! # What it does not
//!
//! - It authenticates the handshake and not what follows. Whoever can *inject* into the connection
//!   afterwards can speak in its name: on such networks TLS is needed. For the same reason Accept and
//!   Refuse carry no proof, and a Refuse is a hint from anybody: worth a log line and a retry, never a
//!   reason to give up a name or a boot for good.
//! - A proof lets who overhears it, or who dials us with a key id he has overheard, try guesses at the
//!   secret at home. Only a random secret withstands that.
//! - Who we are is told to anybody who knows the name of the cluster and a key's id. Nothing about the
//!   keys themselves is.
//! - All members are trusted alike: whoever has the secret can claim any name.

mod config;
mod error;
mod hello;
mod initiator;
mod proof;
mod refusal;
mod responder;

#[cfg(test)]
mod tests;

pub(crate) use config::{Config, Identity};
pub(crate) use error::HandshakeError;
pub(crate) use hello::{PeerHello, Purpose};
pub(crate) use initiator::{Initiator, decode_accept};
pub(crate) use refusal::{ALL_OR_NONE, Refusal, RefusalCode};
pub(crate) use responder::{Responder, encode_accept};
