//! Turn an `impl` block into a cluster.

mod wire;
