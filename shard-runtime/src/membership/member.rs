//! One node of the cluster, as others see it.

use std::sync::Arc;

use super::{Boot, NodeName};

/// One node of the cluster, as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its name, stable across restarts.
    pub name: NodeName,
    /// Its present run.
    pub boot: Boot,
    /// Where it can be dialled; empty for one that cannot.
    pub address: String,
    /// What it takes part in at the moment.
    pub state: MemberState,
    /// The modules that it hosts.
    pub modules: Vec<HostedModule>,
    /// The version of its application; empty when it did not say.
    pub version: String,
}

impl Member {
    /// A joining member without modules, address and version.
    pub(crate) fn new(name: NodeName, boot: Boot) -> Self {
        let (state, modules) = (MemberState::Joining, Vec::new());
        Self { name, boot, address: String::new(), state, modules, version: String::new() }
    }

    /// Whether it hosts the module of this name.
    pub fn hosts(&self, module: &str) -> bool {
        self.modules.iter().any(|hosted| *hosted.name == *module)
    }
}

/// What a member takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct HostedModule {
    /// The module's name.
    pub name: Arc<str>,
    /// A digest of its methods: two members with the same one understand each other.
    pub digest: u64,
}

impl HostedModule {
    pub(crate) fn new(name: impl Into<Arc<str>>, digest: u64) -> Self {
        Self { name: name.into(), digest }
    }
}
