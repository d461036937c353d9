//! A network inside one process, whose links can be cut and delayed.
//!
//! There is no task and no socket in it: a reader takes bytes when the link lets it, so nothing is left over when the
//! streams are dropped, and under paused time everything happens at exact instants.

mod connection;
mod link;
mod listener;
mod network;
mod pipe;
mod stream;

#[cfg(test)]
mod faults;

pub(super) use listener::MemoryListener;
pub use network::MemoryNetwork;
pub(super) use stream::{MemoryReadHalf, MemoryStream, MemoryWriteHalf};
