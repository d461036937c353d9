//! Much at once, and for long: what flows between nodes takes no more memory than it may, holds up nobody else, and
//! leaves nothing behind.
//!
//! Where memory or time is measured, each node is a process of its own, which does nothing else. Times are said beside
//! others of the same run; they are asserted of optimised code if `FLOW_QUIET` says that the machine is quiet. More is
//! done where `FLOW_STREAM_MIB` and `FLOW_DROPPED_CALLS` say so.

#![expect(clippy::similar_names, reason = "a caller stands beside a callee")]
#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod driver;
mod fleet;
mod health;
#[path = "../ancestor/fixture/patience.rs"]
mod patience;
mod process;
mod rounds;
mod works;

mod beside;
mod broadcast;
mod dropped;
mod killed;
mod memory;
mod paused;
mod spans;
mod subscribers;
