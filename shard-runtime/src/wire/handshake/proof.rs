//! The proof that one knows the secret, over everything that was said so far.

use crate::trust::{LinkKey, length};

/// Whose proof it is. Under the MAC, so that one cannot be given back as the other.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Initiator,
    Responder,
}

impl Role {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Initiator => b"shard 1 initiator",
            Self::Responder => b"shard 1 responder",
        }
    }
}

/// `HMAC(key, role ‖ length of hello ‖ hello ‖ length of challenge ‖ challenge)`, the lengths as `u64`.
/// Under the responder's proof the challenge ends before the proof; under the initiator's it is whole.
pub(super) fn prove(key: &LinkKey, role: Role, hello: &[u8], challenge: &[u8]) -> [u8; 32] {
    #[cfg(planted_bug)]
    let hello = if crate::fuzzing::is_planted("handshake") { &[] } else { hello };
    key.prove(&[role.label(), &length(hello), hello, &length(challenge), challenge])
}

pub(super) fn proves(key: &LinkKey, role: Role, hello: &[u8], challenge: &[u8], proof: &[u8; 32]) -> bool {
    #[cfg(planted_bug)]
    let hello = if crate::fuzzing::is_planted("handshake") { &[] } else { hello };
    key.proves(&[role.label(), &length(hello), hello, &length(challenge), challenge], proof)
}
