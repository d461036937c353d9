//! Records as SWIM's identities.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::membership::{Boot, Member, NodeName};

/// What a node says of itself, as SWIM knows it: a changed record is another identity with the same address, its name.
///
/// Two records are the same when name, boot and age are: a node never says two things at one turn. Of two records of
/// one name all nodes keep the same one, because [`rank`](Self::rank) orders them totally.
#[derive(Clone)]
pub(super) struct Record(Arc<Member>);

impl Record {
    pub(super) fn new(member: Member) -> Self {
        Self(Arc::new(member))
    }

    /// The later run of a name counts, and of one run the later turn. Should two runs have been drawn in the same
    /// millisecond, their numbers decide.
    fn rank(&self) -> (u64, Boot, u32) {
        (self.age.drawn, self.boot, self.age.turn)
    }

    /// Whether this one is kept of the two.
    pub(super) fn outranks(&self, other: &Self) -> bool {
        self.rank() > other.rank()
    }

    /// Whether both are of one run of one node.
    pub(super) fn is_run_of(&self, other: &Self) -> bool {
        self.name == other.name && self.boot == other.boot
    }

    pub(super) fn to_member(&self) -> Member {
        Member::clone(self)
    }

    pub(super) fn shared(&self) -> Arc<Member> {
        Arc::clone(&self.0)
    }
}

impl Deref for Record {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.0
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank() && self.name == other.name
    }
}

impl Eq for Record {}

impl foca::Identity for Record {
    type Addr = NodeName;

    /// A new run is the node's to begin: its calls, links and tokens hang on the boot.
    fn renew(&self) -> Option<Self> {
        None
    }

    fn addr(&self) -> NodeName {
        self.name.clone()
    }

    fn win_addr_conflict(&self, adversary: &Self) -> bool {
        self.outranks(adversary)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}", self.name, self.boot, self.age.turn)
    }
}
