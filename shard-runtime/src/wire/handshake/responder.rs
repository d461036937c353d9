//! The side that was dialled.

use super::config::Config;
use super::hello::{Hello, PeerHello};
use super::proof::{Role, Transcript, prove, proves};
use super::refusal::Refusal;
use crate::trust::LinkKey;
use crate::wire::cursor::Reader;

/// Waits for a hello.
pub(crate) struct Responder {
    config: Config,
    nonce: [u8; 32],
}

impl Responder {
    /// `nonce` is random and used once.
    pub(crate) fn new(config: Config, nonce: [u8; 32]) -> Self {
        Self { config, nonce }
    }

    /// Looks at the Hello and makes the Challenge. A refusal is to be sent as it is, and the
    /// connection closed.
    pub(crate) fn on_hello(self, hello: &[u8]) -> Result<(Challenged, Vec<u8>), Refusal> {
        let mut reader = Reader::new(hello);
        let theirs = Hello::decode(&mut reader)?;
        reader.finish().map_err(|_| Refusal::malformed("hello"))?;
        self.config.check(&theirs)?;
        let key = self.config.keys().common(&theirs.keys);
        let key =
            key.ok_or_else(|| Refusal::no_common_secret(&theirs.peer.node, self.config.node()))?.clone();

        let ours = self.config.hello(theirs.peer.purpose, self.nonce, vec![key.id()]);
        // The configuration was checked when it was made, so that this cannot fail.
        let mut challenge = ours.encode().map_err(|_| Refusal::malformed("challenge"))?;
        let said = Transcript { hello, challenge: &challenge, channel: self.config.channel() };
        let proof = prove(&key, Role::Responder, said);
        challenge.extend_from_slice(&proof);
        let next = Challenged {
            key,
            peer: theirs.peer,
            hello: hello.into(),
            challenge: challenge.clone(),
            channel: self.config.channel().into(),
        };
        Ok((next, challenge))
    }
}

/// Has sent the challenge and waits for the proof.
pub(crate) struct Challenged {
    key: LinkKey,
    peer: PeerHello,
    hello: Vec<u8>,
    challenge: Vec<u8>,
    channel: Vec<u8>,
}

impl Challenged {
    /// Checks the initiator's proof. Whether its name is free, and whether a link is wanted, is for the
    /// caller to decide before it accepts.
    pub(crate) fn on_proof(self, proof: &[u8]) -> Result<PeerHello, Refusal> {
        let proof = proof.try_into().map_err(|_| Refusal::malformed("proof"))?;
        let said = Transcript { hello: &self.hello, challenge: &self.challenge, channel: &self.channel };
        if proves(&self.key, Role::Initiator, said, proof) {
            Ok(self.peer)
        } else {
            Err(Refusal::wrong_proof())
        }
    }
}

/// The body of an Accept frame, which is empty.
pub(crate) fn encode_accept() -> Vec<u8> {
    Vec::new()
}
