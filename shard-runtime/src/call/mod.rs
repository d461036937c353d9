//! The caller's half: from a proxy's method to the link and back.

mod admission;
mod broadcast;
mod door;
mod error;
mod here;
mod meeting;
mod method;
mod minter;
mod outbox;
mod peer;
mod pending;
mod placement;
mod pulse;
mod reply;
mod shard;
mod shard_core;
mod shard_link;
mod strangers;
mod tries;

pub(crate) use admission::{Meant, Phase};
pub use broadcast::{BroadcastCall, BroadcastLink, Replies};
pub(crate) use door::{CallSettings, Door};
pub use error::CallError;
pub(crate) use error::Failure;
pub(crate) use meeting::ASKED_AT_ONCE;
pub(crate) use method::Method;
pub(crate) use minter::Minter;
pub(crate) use outbox::Batch;
pub(crate) use peer::{Introduction, Peer};
pub(crate) use pulse::{Pulse, Standstill};
pub use shard::{AsToken, NewToken, Shard, fmt_broadcast, fmt_shard, serialize_shard};
pub(crate) use shard_core::Binding;
pub use shard_core::ShardCore;
pub use shard_link::ShardLink;
