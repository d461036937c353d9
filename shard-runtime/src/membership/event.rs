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
    /// No link leads to it any more, which may be the network's fault: it may come back as it is.
    #[error("it cannot be reached any more")]
    Unreachable,
}
