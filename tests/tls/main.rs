//! Links over TLS, as nodes and strangers see them.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod certificates;
mod cluster;
mod downgrade;
mod fixture;
mod limits;
#[path = "../ancestor/fixture/logs.rs"]
mod logs;
mod overheard;
#[path = "../examples/ports.rs"]
mod ports;
#[path = "../examples/program.rs"]
#[expect(dead_code, reason = "it serves the examples' tests as well, which use the rest")]
mod program;
mod reload;
mod rotation;
mod script;
mod secretless;
mod strangers;
