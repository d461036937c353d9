//! One node of the cluster, as others see it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Boot, NodeName};

/// One node of the cluster, as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// Its name, stable across restarts.
    pub name: NodeName,
    /// Its present run.
    pub boot: Boot,
    /// Where it can be dialled; empty for one that cannot.
    pub address: String,
    /// The roles that it was given, sorted.
    pub roles: Vec<Arc<str>>,
    /// What it takes part in at the moment.
    pub state: MemberState,
    /// The modules that it can host: those that it was given and has the role for.
    pub modules: Vec<HostedModule>,
    /// The version of its application; empty when it did not say.
    pub version: String,
    /// Which of two reports of this name is the later one: see [`Age`].
    pub(crate) age: Age,
}

/// Orders the reports that a node makes of itself, and the runs of nodes of one name. The later one counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Age {
    /// When the boot was drawn, in milliseconds of the system's clock; later than that of the boot before,
    /// where the node knows it.
    pub(crate) drawn: u64,
    /// How often the node has said something new of itself under this boot.
    pub(crate) turn: u32,
}

impl Member {
    /// A joining member without roles, modules, address and version.
    pub(crate) fn new(name: NodeName, boot: Boot) -> Self {
        Self {
            name,
            boot,
            address: String::new(),
            roles: Vec::new(),
            state: MemberState::Joining,
            modules: Vec::new(),
            version: String::new(),
            age: Age::default(),
        }
    }

    /// The same node under a boot that was drawn at `now`, in milliseconds of the system's clock.
    pub(crate) fn reborn(&self, boot: Boot, now: u64) -> Self {
        // A clock that went back must not make the new boot look older than the one before.
        let drawn = now.max(self.age.drawn.saturating_add(1));
        Self { boot, age: Age { drawn, turn: 0 }, ..self.clone() }
    }

    /// Whether it can host the module of this name: whether it does, depends on the module's limit.
    pub fn hosts(&self, module: &str) -> bool {
        self.module(module).is_some()
    }

    /// How it hosts the module of this name.
    pub(crate) fn module(&self, module: &str) -> Option<&HostedModule> {
        self.modules.iter().find(|hosted| *hosted.name == *module)
    }

    /// The same, with the member.
    pub(super) fn with(&self, module: &str) -> Option<(&Self, &HostedModule)> {
        Some((self, self.module(module)?))
    }
}

/// What a member takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MemberState {
    /// It has just come and owns no slots yet.
    Joining,
    /// It owns slots.
    Active,
    /// It finishes what it has, and owns no slots any more.
    Draining,
    /// It has gone.
    Left,
}

impl MemberState {
    /// The byte that stands for it in the view's digest.
    pub(super) fn to_wire(self) -> u8 {
        match self {
            Self::Joining => 0,
            Self::Active => 1,
            Self::Draining => 2,
            Self::Left => 3,
        }
    }
}

/// A module that a member hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostedModule {
    /// The module's name.
    pub name: Arc<str>,
    /// A digest of its methods: two members with the same one understand each other.
    pub digest: u64,
    /// On how many nodes it is to run at most, as this member's program has it; `None` for all of them.
    pub limit: Option<u32>,
}

impl HostedModule {
    /// A module without a limit.
    pub(crate) fn new(name: impl Into<Arc<str>>, digest: u64) -> Self {
        Self { name: name.into(), digest, limit: None }
    }
}
