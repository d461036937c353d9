//! What a node owes to others while it drains: each call is accounted for by its id, and the verdict comes from
//! what the methods have counted.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod account;
mod keyed;
mod ledger;
mod pinned;
#[path = "../examples/ports.rs"]
mod ports;
mod process;
#[path = "../examples/program.rs"]
#[expect(dead_code, reason = "it serves the tests of the examples as well, which use the rest")]
mod program;
mod quiet;
#[path = "../../examples/rolling/tally.rs"]
#[expect(dead_code, reason = "here it is only called, and runs in processes of its own")]
mod tally;
mod together;
