//! Turn an `impl` block into a cluster.

mod node;
mod transport;
mod wire;
