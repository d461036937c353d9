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

/// What is proved: that one knows the secret, and has heard this, here.
#[derive(Clone, Copy)]
pub(super) struct Transcript<'a> {
    pub(super) hello: &'a [u8],
    /// Under the responder's proof it ends before the proof; under the initiator's it is whole.
    pub(super) challenge: &'a [u8],
    /// What both ends of a channel below know it by: nothing, where there is none.
    pub(super) channel: &'a [u8],
}

/// `HMAC(key, role ‖ length of hello ‖ hello ‖ length of challenge ‖ challenge ‖ channel)`, the lengths as `u64`.
pub(super) fn prove(key: &LinkKey, role: Role, said: Transcript<'_>) -> [u8; 32] {
    let Transcript { hello, challenge, channel } = said;
    #[cfg(planted_bug)]
    let hello = if crate::fuzzing::is_planted("handshake") { &[] } else { hello };
    key.prove(&[role.label(), &length(hello), hello, &length(challenge), challenge, channel])
}

pub(super) fn proves(key: &LinkKey, role: Role, said: Transcript<'_>, proof: &[u8; 32]) -> bool {
    let Transcript { hello, challenge, channel } = said;
    #[cfg(planted_bug)]
    let hello = if crate::fuzzing::is_planted("handshake") { &[] } else { hello };
    key.proves(&[role.label(), &length(hello), hello, &length(challenge), challenge, channel], proof)
}
