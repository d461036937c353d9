use core::any::Any;
use std::sync::Arc;

use crate::membership::NodeName;

/// Where a call has come from and where it runs, in one piece: every call has a share in it.
pub(crate) trait Home: Send + Sync {
    /// The node that calls.
    fn caller(&self) -> &NodeName;
    /// The node that the call runs on, which only `node/` can read.
    fn node(&self) -> &Arc<dyn Any + Send + Sync>;
}

/// A home by itself.
pub(crate) struct Origin {
    caller: NodeName,
    node: Arc<dyn Any + Send + Sync>,
}

impl Origin {
    pub(crate) fn new(caller: NodeName, node: Arc<dyn Any + Send + Sync>) -> Self {
        Self { caller, node }
    }
}

impl Home for Origin {
    fn caller(&self) -> &NodeName {
        &self.caller
    }

    fn node(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.node
    }
}
