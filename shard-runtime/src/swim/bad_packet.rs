//! What can be wrong with bytes that were heard.

use super::record::RecordError;
use crate::wire::cursor::Malformed;

/// Why a packet was not taken in. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPacket {
    #[error("the packet has {size} bytes, the limit is {limit}")]
    TooLong { size: usize, limit: usize },
    #[error("the packet is of version {0}, which this node does not know")]
    Version(u8),
    /// It was sealed with another secret, or for another cluster.
    #[error("the packet is sealed with key {0:08x}, which this node does not have")]
    UnknownKey(u32),
    #[error("the packet's seal is wrong: it was changed on its way, or made up")]
    Forged,
    /// Not an offence: it was sent to the node's run before this one, or before it had a record of this one.
    #[error("the packet is for another run of this node, or for another node")]
    OtherBoot,
    #[error("the packet says that it comes from this node itself")]
    FromSelf,
    #[error("the packet's sender is not the one that sealed it")]
    OtherSender,
    #[error("the packet is malformed: {0}")]
    Malformed(&'static str),
    #[error("a record in the packet is refused: {0}")]
    Record(#[from] RecordError),
    #[error("the packet makes no sense now: {0}")]
    Senseless(String),
}

impl BadPacket {
    /// Whether no node sends it that keeps to the protocol. One that has other secrets than this one for a while, was
    /// built later, or does not know yet that this one came back does nothing wrong.
    pub(crate) fn is_offence(&self) -> bool {
        match self {
            Self::Version(_) | Self::UnknownKey(_) | Self::OtherBoot => false,
            Self::TooLong { .. }
            | Self::Forged
            | Self::FromSelf
            | Self::OtherSender
            | Self::Malformed(_)
            | Self::Record(_)
            | Self::Senseless(_) => true,
        }
    }
}

impl From<Malformed> for BadPacket {
    fn from(_: Malformed) -> Self {
        Self::Malformed("it ends early, or a length in it is out of bounds")
    }
}
