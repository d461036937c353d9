//! Turn an `impl` block into a cluster.

mod route;
mod trust;
mod wire;

pub use route::{Key, KeyTooLong, ShardToken, TokenError};
pub use trust::{Secret, SecretError, Secrets};
