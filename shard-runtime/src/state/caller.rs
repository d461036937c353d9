use core::fmt;

use crate::membership::{Boot, NodeName};

/// The node that made a call, as [`State::caller`](super::State::caller) tells it.
///
/// The link over which the call came has proved who it is. On whose behalf it calls is what it says itself: see
/// [`State::actor`](super::State::actor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    node: &'a NodeName,
    boot: Boot,
}

impl<'a> Caller<'a> {
    pub(super) fn new(node: &'a NodeName, boot: Boot) -> Self {
        Self { node, boot }
    }

    /// The node's name, this node's own for a call that it has made itself.
    #[must_use]
    pub fn node(self) -> &'a NodeName {
        self.node
    }

    /// The boot under which it made the call.
    #[must_use]
    pub fn boot(self) -> Boot {
        self.boot
    }
}

impl fmt::Display for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.node.as_str())
    }
}
