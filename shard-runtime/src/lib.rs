//! Turn an `impl` block into a cluster.

mod membership;
mod route;
mod trust;
mod wire;

pub use membership::{Boot, HostedModule, Member, MemberState, NameError, NodeName, View};
pub use route::{Key, KeyTooLong, ShardToken, TokenError};
pub use trust::{Secret, SecretError, Secrets};
