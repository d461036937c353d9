//! The complete list of names that generated code may use. Not for use by hand: anything here may change
//! in any release.

pub use serde;

pub use crate::call::{BroadcastLink, ShardCore, ShardLink, fmt_broadcast, fmt_shard, serialize_shard};
pub use crate::dispatch::{
    Argument, BlockingMethod, ByteSlice, ByteVec, CowStr, Fallible, Finished, Inbound, IsAttribute,
    IsNotResult, NoPassage, Outlet, Passage, PassageOf, PlainMethod, Probe, RemoteMethod, Row, StaysHome,
    StreamMethod, Travels, UnaryMethod, fallible, plain, row, row_blocking, row_plain, row_stream,
};
pub use crate::node::{Hook, HookOutcome, HookResult, hook, hook_done};
pub use crate::state::Entering;
