//! One call to every node that hosts a module, and the ways to wait for what comes back.

mod call;

pub use call::{BroadcastCall, BroadcastLink, Replies};
