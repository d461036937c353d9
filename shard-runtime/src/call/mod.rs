//! The caller's half: from a proxy's method to the link and back.

mod admission;
mod broadcast;
mod budget;
mod call_frame;
mod door;
mod error;
mod handover;
mod here;
mod in_flight;
mod incoming;
mod inflow;
mod lane;
mod meeting;
mod method;
mod minter;
mod moves;
mod one_way;
mod outbox;
mod outflow;
mod peer;
mod pending;
mod placement;
mod pulse;
mod reply;
mod room;
mod scratch;
mod served;
mod shard;
mod shard_core;
mod shard_link;
pub(crate) mod span;
mod strangers;
mod streaming;
mod tally;
mod tries;
mod window;

pub(crate) use admission::{Bounds, Meant, Phase};
pub use broadcast::{Answers, BroadcastCall, BroadcastError, BroadcastLink, Replies};
pub(crate) use door::{CallSettings, Door, LONGEST_CALL};
pub use error::CallError;
pub(crate) use error::Failure;
pub use incoming::Incoming;
#[cfg(test)]
pub(crate) use inflow::Inflow;
pub(crate) use meeting::ASKED_AT_ONCE;
pub(crate) use method::Method;
pub(crate) use minter::Minter;
pub use moves::LeaveCause;
pub(crate) use moves::Move;
pub(crate) use outbox::{Batch, kept};
pub(crate) use outflow::Outflow;
pub(crate) use peer::{Introduction, Peer, Reinstated};
#[cfg(test)]
pub(crate) use pending::Completion;
#[cfg(test)]
pub(crate) use pending::Pending;
pub(crate) use pulse::{Pulse, Standstill};
pub(crate) use room::{Part, Share};
pub(crate) use served::WrongId;
pub use shard::{AsToken, NewToken, Shard, fmt_broadcast, fmt_shard, serialize_shard};
pub(crate) use shard_core::Binding;
pub use shard_core::ShardCore;
pub use shard_link::ShardLink;
pub(crate) use streaming::{answer_of, to_its_end};
pub use tally::CallCounts;
