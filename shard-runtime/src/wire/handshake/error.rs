//! How a handshake fails for the side that dialled.

use super::refusal::Refusal;
use crate::wire::cursor::Malformed;

/// Why the node that was dialled is not talked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// What it said of itself does not fit us.
    #[error("the peer's challenge cannot be accepted: {0}")]
    Mismatch(Refusal),
    /// It does not know the secret, or somebody in between changed a message.
    #[error("the peer did not prove that it knows the cluster secret")]
    Unproven,
    /// Its last message makes no sense.
    #[error("the peer's answer is malformed")]
    Malformed,
}

impl From<Malformed> for HandshakeError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<Refusal> for HandshakeError {
    fn from(refusal: Refusal) -> Self {
        Self::Mismatch(refusal)
    }
}
