//! A cluster in one process, for tests.
pub use crate::transport::memory::MemoryNetwork;
