//! The caller's half: from a proxy's method to the link and back.

mod broadcast;
mod door;
mod error;
mod handover;
mod here;
mod lane;
mod method;
mod minter;
mod moves;
mod outbox;
mod peer;
mod pending;
mod placement;
mod reply;
mod shard;
mod shard_core;
mod shard_link;
mod tries;

pub use broadcast::{BroadcastCall, BroadcastLink, Replies};
pub(crate) use door::{CallSettings, Door, Phase};
pub use error::CallError;
pub(crate) use error::Failure;
pub(crate) use method::Method;
pub(crate) use minter::Minter;
pub use moves::LeaveCause;
pub(crate) use moves::Move;
pub(crate) use outbox::Batch;
pub(crate) use peer::{Introduction, Peer};
pub use shard::{AsToken, NewToken, Shard, fmt_broadcast, fmt_shard, serialize_shard};
pub(crate) use shard_core::Binding;
pub use shard_core::ShardCore;
pub use shard_link::ShardLink;
