//! The shell: everything that has a clock, a task or a socket meets here. Nobody knows this folder.

mod builder;
pub(crate) mod config;
mod connection;
mod dialer;
mod handle;
mod inbound;
mod inner;
mod limits;
mod link;
mod listening;
mod module;
#[expect(clippy::module_inception, reason = "one file, one noun: the folder's noun is its main file's")]
mod node;
mod peers;
mod settling;
mod slots;
mod start;
mod stop;
mod ticker;
mod watchdog;

#[cfg(test)]
mod tests;

pub use builder::NodeBuilder;
pub use config::ConfigError;
pub use handle::ModuleHandle;
pub use module::{Hook, HookOutcome, HookResult, ShardedModule, hook, hook_done};
pub use node::Node;
