//! Turn an `impl` block into a cluster.

mod call;
mod dispatch;
mod error;
pub mod guide;
mod membership;
mod node;
mod route;
mod state;
pub mod testing;
mod transport;
mod trust;
mod wire;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub mod prelude {
    //! What most programs need: `use shard_runtime::prelude::*`.

    pub use crate::{CallError, Node, Shard, ShardToken, ShardedModule, State, sharded_module};
}

pub use call::{AsToken, BroadcastCall, CallError, NewToken, Replies, Shard};
pub use dispatch::Never;
pub use error::Error;
pub use membership::{Boot, HostedModule, Member, MemberState, NameError, NodeName, View};
pub use node::{ConfigError, ModuleHandle, Node, NodeBuilder, ShardedModule};
pub use route::{Key, KeyTooLong, ShardToken, TokenError};

pub use shard_macros::sharded_module;
pub use state::{DataError, State};
pub use trust::{Secret, SecretError, Secrets};
pub use wire::{NotStarted, Unknown};
