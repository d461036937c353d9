//! What a report has changed.

use super::{Boot, LeaveReason, Member, NodeName};

/// What a report has changed, with the node's data, for the log and for whoever acts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A member more.
    Joined(Member),
    /// A member has said something else of itself: its state, what it hosts, where it is.
    Changed { old: Member, new: Member },
    /// It owns no slots from now on.
    Draining(Member),
    /// A member less.
    Left(Member, LeaveReason),
    /// The node was started anew: the old boot has gone without a report.
    Reborn { old: Member, new: Member },
    /// Nothing changed: it is a member with this boot already. Worth a warning.
    AlreadyKnown(Member),
    /// Nothing changed: it has gone already. A goodbye comes over a link and by the gossip.
    AlreadyGone { name: NodeName, boot: Boot },
    /// Nothing changed: no member has this name and boot. Worth a warning.
    UnknownDeparture { name: NodeName, boot: Boot },
    /// Nothing changed: this boot has left before, and never comes back. A living node that is told so
    /// takes a new boot.
    DeadBoot { name: NodeName, boot: Boot },
    /// Nothing changed: the state of a node that is no member, or has gone beyond that state, or a boot of it
    /// from before the one that is known.
    Stale { name: NodeName, boot: Boot },
    /// Nothing changed: there are as many members as may be.
    Full { name: NodeName, boot: Boot },
}

impl Change {
    /// Whether the view is another one now.
    pub(crate) fn changes_view(&self) -> bool {
        match self {
            Self::Joined(_)
            | Self::Changed { .. }
            | Self::Draining(_)
            | Self::Left(..)
            | Self::Reborn { .. } => true,
            Self::AlreadyKnown(_)
            | Self::AlreadyGone { .. }
            | Self::UnknownDeparture { .. }
            | Self::DeadBoot { .. }
            | Self::Stale { .. }
            | Self::Full { .. } => false,
        }
    }
}
