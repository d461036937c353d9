//! What is reported about other nodes.

use super::{Boot, Member, NodeName};

/// A report about a node, from an engine, a link or the node itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A node is there, and says this of itself.
    Joined(Member),
    /// A node gives its slots away and will leave.
    Draining { name: NodeName, boot: Boot },
    /// A node has gone.
    Left { name: NodeName, boot: Boot, reason: LeaveReason },
}

/// Why a node is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub(crate) enum LeaveReason {
    #[error("it said good-bye")]
    Graceful,
    /// It gave no sign of life to anybody. If it lives after all, one of the two sides comes back under a new boot.
    #[error("it gives no sign of life")]
    Dead,
}
