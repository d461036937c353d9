//! The shell: everything that has a clock, a task or a socket meets here. Nobody knows this folder.

mod appetite;
mod arrival;
mod builder;
pub(crate) mod config;
mod connection;
mod dialer;
mod fake;
mod fence;
mod finding;
mod flood;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod gossip;
mod handle;
mod inbound;
mod inner;
mod joining;
mod keepers;
mod limits;
mod link;
mod listening;
mod liveness;
mod module;
#[expect(clippy::module_inception, reason = "one file, one noun: the folder's noun is its main file's")]
mod node;
mod peers;
mod refusals;
mod seeking;
mod settling;
mod slots;
mod start;
mod stop;
mod syncing;
mod ticker;
mod until;
mod views;
mod watchdog;

#[cfg(test)]
mod tests;

pub use builder::NodeBuilder;
pub use config::ConfigError;
pub use fake::Fake;
pub use handle::ModuleHandle;
pub use module::{Hook, HookOutcome, HookResult, ShardedModule, hook, hook_done};
pub use node::Node;
pub use views::Views;
