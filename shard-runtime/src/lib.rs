//! Turn an `impl` block into a cluster: `#[sharded_module]` makes its methods callable on every node, on the node
//! that has the match, the room or the device, or on all of them.
//!
//! ```
//! use shard_runtime::{Node, ShardToken, State, sharded_module};
//!
//! #[derive(Default)]
//! pub struct Arena { /* your state, behind your locks */ }
//!
//! #[sharded_module]
//! impl Arena {
//!     /// Adds points in the arena that the caller's shard names.
//!     pub async fn score(&self, state: &State, player: &str, points: u32) -> String {
//!         format!("{player} has {points} points in {}", state.key())
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let node = Node::builder("my-game").module(Arena::default()).start().await?;
//!     let arenas = node.module::<Arena>();
//!
//!     let shard = arenas.create_shard("arena-42")?;
//!     assert_eq!(shard.score(&State::new(), "alice", 10).await?, "alice has 10 points in arena-42");
//!
//!     let json = serde_json::to_string(&shard)?; // {"id":"…"}, signed: for the game client
//!     let token: ShardToken = serde_json::from_str(&json)?; // and what it sends back, to any node
//!     let again = arenas.get_shard(&token)?;
//!     again.score(&State::new(), "bob", 5).await?;
//!
//!     let (errors, values) = arenas.create_broadcast().score(&State::new(), "all", 1).await.into_parts();
//!     assert_eq!((errors.len(), values.len()), (0, 1));
//!     Ok(())
//! }
//! ```
//!
//! # Where to begin
//!
//! | you have | and want | see |
//! |---|---|---|
//! | a type with methods | others to call them | [`sharded_module`], [`guide::types`] |
//! | modules | a node that hosts or calls them | [`Node::builder`], [`guide::configuration`] |
//! | several machines | their nodes to find each other | [`Discovery`], [`guide::cluster`] |
//! | a node | a shard or a broadcast of a module | [`ModuleHandle`] |
//! | a node | who else is there, and who comes and goes | [`Node::members`], [`Node::watch_members`] |
//! | a node | to restart it without losing a call | [`Node::drain`], [`Node::shutdown`] |
//! | a key | a shard that stays, or one that follows the key | [`ModuleHandle::create_shard`], [`ModuleHandle::keyed_shard`] |
//! | names of nodes | to know where keys would live | [`Plan`] |
//! | a shard | its key, its node, a token for a client | [`Shard`], [`ShardToken`], [`guide::security`] |
//! | a call | its key, its caller, its deadline, the cluster | [`State`] |
//! | an error | to know how often the method ran | [`CallError`], [`guide::errors`] |
//! | a method | it to give a stream, to have a time, to be sent again or to go on alone | [`guide::calls`] |
//! | a module | to test it on several nodes | [`testing::Cluster`] |
//! | code that uses shards | to test it without a node | [`testing::Fake`] |
//!
//! The [`guide`] has the rest: what is promised, how it works, and what stands in each byte.

mod call;
mod discovery;
mod dispatch;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod guide;
mod membership;
mod node;
mod route;
mod state;
mod swim;
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

pub use call::{
    Answers, AsToken, BroadcastCall, BroadcastError, CallCounts, CallError, Incoming, LeaveCause, NewToken,
    Replies, Shard,
};
pub use discovery::{Discovery, DiscoveryError};
pub use dispatch::{Attribute, Never};
pub use error::Error;
pub use membership::{Boot, HostedModule, Member, MemberState, NameError, NodeName, View};
pub use node::{ConfigError, ModuleHandle, Node, NodeBuilder, ShardedModule, Views};
pub use route::{Candidate, Explanation, Key, KeyTooLong, Moved, Plan, ShardToken, Slots, TokenError};

pub use shard_macros::sharded_module;
pub use state::{Caller, DataError, State, TraceContext, TraceError};
#[cfg(feature = "tls")]
pub use transport::{Tls, TlsError};
pub use trust::{Secret, SecretError, Secrets};
pub use wire::{NotStarted, Unknown};
