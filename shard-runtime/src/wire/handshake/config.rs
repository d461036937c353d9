//! What a node brings to every handshake.

use super::hello::{Hello, PeerHello, Purpose};
use super::refusal::Refusal;
use crate::trust::LinkKeys;
use crate::wire::cursor::Malformed;

/// Who we are, as the other side will see it.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// 1 to 128 bytes, without control characters.
    pub(crate) cluster: String,
    /// 1 to 128 bytes, without control characters.
    pub(crate) node: String,
    /// Of the moment: see [`Config::under`].
    pub(crate) boot: u64,
    /// Where others can dial us: at most 256 bytes, empty if nowhere.
    pub(crate) address: String,
    /// The application's version: at most 64 bytes, may be empty.
    pub(crate) version: String,
}

/// Who we are, and with what we prove it. Cheap to clone next to a connection.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    identity: Identity,
    routing_version: u16,
    keys: LinkKeys,
    channel: Vec<u8>,
}

impl Config {
    /// Fails when one of the texts is beyond its bound.
    pub(crate) fn new(identity: Identity, keys: LinkKeys, routing_version: u16) -> Result<Self, Malformed> {
        let config = Self { identity, routing_version, keys, channel: Vec::new() };
        config.hello(Purpose::Calls, [0; 32], Vec::new()).encode()?;
        Ok(config)
    }

    /// The same node under its present boot, with its present keys.
    pub(crate) fn under(&self, boot: u64, keys: LinkKeys) -> Self {
        let identity = Identity { boot, ..self.identity.clone() };
        Self { identity, keys, ..self.clone() }
    }

    /// The same node over a channel that both ends know by `channel`, which is drawn for it: the proofs are good there and
    /// nowhere else, so that nobody who is at the ends of two channels can pass them on.
    pub(crate) fn over(&self, channel: &[u8]) -> Self {
        Self { channel: channel.to_vec(), ..self.clone() }
    }

    pub(super) fn channel(&self) -> &[u8] {
        &self.channel
    }

    pub(super) fn node(&self) -> &str {
        &self.identity.node
    }

    pub(super) fn keys(&self) -> &LinkKeys {
        &self.keys
    }

    pub(super) fn hello(&self, purpose: Purpose, nonce: [u8; 32], keys: Vec<u32>) -> Hello {
        let Identity { cluster, node, boot, address, version } = self.identity.clone();
        let peer = PeerHello { node, boot, address, version, purpose };
        Hello { routing_version: self.routing_version, cluster, nonce, keys, peer }
    }

    /// Whether the two of us may talk at all. Either side asks, before any proof.
    pub(super) fn check(&self, theirs: &Hello) -> Result<(), Refusal> {
        if theirs.routing_version != self.routing_version {
            Err(Refusal::routing_version(theirs.routing_version, self.routing_version))
        } else if theirs.cluster != self.identity.cluster {
            Err(Refusal::cluster(&theirs.cluster, &self.identity.node, &self.identity.cluster))
        } else if theirs.peer.boot == self.identity.boot {
            Err(Refusal::self_dial(&self.identity.node))
        } else {
            Ok(())
        }
    }
}
