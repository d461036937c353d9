//! A cluster in one process, for tests of your modules and for our own.
//!
//! The nodes are real ones: they have names and boots, prove themselves to each other, encode what they
//! send and find each other as over TCP. Only the bytes go through memory, over links that a test can cut,
//! delay and sever.

mod cluster;

pub use cluster::{Cluster, ClusterBuilder};

pub use crate::node::Fake;
pub use crate::transport::memory::MemoryNetwork;
