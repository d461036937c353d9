//! TLS 1.3 over TCP, with certificates on both sides (RFC 8446). rustls speaks it; this decides whom to trust, keeps the
//! certificates fresh, and gives the two directions of a link.
//!
//! A certificate is a node's when all of this holds, and both sides ask it of each other:
//!
//! 1. a CA of `ca` has signed it, and it is valid now;
//! 2. it can be used by either end of a connection (`serverAuth` and `clientAuth`, or no extended usage at all), as
//!    every node is dialled and dials;
//! 3. it is for the host that was dialled, and for the one that the node says it is reached at.
//!
//! Others differ in the last one. NATS asks it of the side that is dialled alone; Consul has one name for all servers;
//! etcd compares what the dialler's certificate says with the address that it dials *from*, which goes wrong behind
//! NAT and with names that resolve to nothing, so that there is an option against it. What a node says of itself
//! (it says so inside of TLS, and proves the secret on it if there is one) has to be in its certificate anyway, or nobody
//! could dial it.
//!
//! The secret's handshake, which runs inside, is bound to the connection by what both ends export from it (RFC 9266), so
//! that a certificate alone is not enough to stand in the middle of it.
//!
//! Nothing is resumed: each connection shows its certificate anew, to whatever is trusted at the time.

mod changes;
mod credentials;
mod distrust;
mod error;
mod halves;
mod handshake;
mod keeper;
mod setting;
mod shown;
mod socket;
mod verifier;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use distrust::Distrust;
pub use error::TlsError;
pub(in crate::transport) use halves::{Secured, TlsReadHalf, TlsWriteHalf, attached, detached};
pub(crate) use handshake::Unsecured;
pub(in crate::transport) use handshake::name_of;
pub(crate) use keeper::Keeper;
pub use setting::Tls;
pub(in crate::transport) use shown::covers;

/// What the two sides agree to speak inside of TLS (RFC 7301), so that a certificate that was made for something else
/// of the same CA does not turn its server into a node.
const PROTOCOL: &[u8] = b"shard";
