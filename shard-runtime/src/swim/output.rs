//! What is to be done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::identity::Record;
use crate::membership::Member;

/// Something for the node to do, or to know.
#[derive(Debug)]
pub(crate) enum Output {
    /// Send `bytes` to that node, if it can be reached; a packet that is lost does no harm. Go by the name: of a node
    /// that is only known by hearsay there is no address.
    Send { to: Arc<Member>, bytes: Bytes },
    /// Give `timer` back after that time, in the order of when timers are due.
    After { delay: Duration, timer: Timer },
    /// A member more.
    Joined(Member),
    /// A member says something else of itself, under the same boot.
    Changed { old: Member, new: Member },
    /// The node was started anew: the old boot has gone.
    Reborn { old: Member, new: Member },
    /// A member less. `graceful` when it had said that it would go; otherwise it was found dead.
    Left { member: Member, graceful: bool },
    /// Others hold this node's boot for dead, and that cannot be undone: it must come back under a new boot, by
    /// [`say`](super::Swim::say), drawn later than `later_than` (milliseconds). Until then it is on its own.
    ToldDead { later_than: u64 },
    /// Another node that is alive goes by this node's name, and counts instead of it because it was started later.
    /// This node is not a member any more, and only a human can say which of the two has the wrong name.
    Superseded { by: Member },
    /// There are as many members as may be, and this one was not taken. Said once, until there is room again.
    Full { refused: Member },
}

/// What to give back when its time has come; opaque.
#[derive(Debug)]
pub(crate) struct Timer(pub(super) Due);

#[derive(Debug)]
pub(super) enum Due {
    Protocol(foca::Timer<Record>),
    /// Forget those that went down long ago.
    Sweep,
    /// Look for those that were lost all at once.
    Rejoin,
}
