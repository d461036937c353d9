//! The side that dialled.

use super::config::Config;
use super::error::HandshakeError;
use super::hello::{Hello, PeerHello, Purpose};
use super::proof::{Role, Transcript, prove, proves};
use super::refusal::Refusal;
use crate::wire::cursor::{Malformed, Reader};

/// Has said hello and waits for the challenge.
pub(crate) struct Initiator {
    config: Config,
    purpose: Purpose,
    hello: Vec<u8>,
}

impl Initiator {
    /// Makes the Hello. `nonce` is random and used once.
    pub(crate) fn new(config: Config, purpose: Purpose, nonce: [u8; 32]) -> (Self, Vec<u8>) {
        let keys = config.keys().ids().collect();
        // The configuration was checked when it was made; an empty Hello would only be refused.
        let hello = config.hello(purpose, nonce, keys).encode().unwrap_or_default();
        (Self { config, purpose, hello: hello.clone() }, hello)
    }

    /// Checks the responder's proof and makes ours. Who the peer is may be believed from here on; that
    /// it wants us, only after its Accept.
    pub(crate) fn on_challenge(self, challenge: &[u8]) -> Result<(Vec<u8>, PeerHello), HandshakeError> {
        let mut reader = Reader::new(challenge);
        let theirs = Hello::decode(&mut reader)?;
        let malformed = |Malformed| Refusal::malformed("challenge");
        let proof = reader.array().map_err(malformed)?;
        reader.finish().map_err(malformed)?;
        self.config.check(&theirs)?;
        if theirs.peer.purpose != self.purpose {
            return Err(Refusal::malformed("challenge").into());
        }

        // Only a key that we offered may be chosen, and all that we have were.
        let &[id] = theirs.keys.as_slice() else { return Err(Refusal::malformed("challenge").into()) };
        let key = self.config.keys().get(id).ok_or(HandshakeError::Unproven)?;
        let unproven = challenge.strip_suffix(&proof).unwrap_or_default();
        let said = Transcript { hello: &self.hello, challenge: unproven, channel: self.config.channel() };
        if !proves(key, Role::Responder, said, &proof) {
            return Err(HandshakeError::Unproven);
        }
        Ok((prove(key, Role::Initiator, Transcript { challenge, ..said }).into(), theirs.peer))
    }
}

/// Reads an Accept frame's body, which is empty.
pub(crate) fn decode_accept(body: &[u8]) -> Result<(), HandshakeError> {
    Ok(Reader::new(body).finish()?)
}
