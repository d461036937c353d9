//! Five processes over real sockets, with a network between them that fails. What is said of them comes from the
//! counters of those that are left, and from what each of them has noted as it happened.
//!
//! Where there is neither root nor `nft`, the tests that cut a network say so and are skipped.

mod agreement;
#[path = "../../examples/cluster/arena.rs"]
#[expect(dead_code, reason = "only where its keys are is asked")]
mod arena;
mod book;
mod child;
mod churn;
mod cut;
mod fleet;
mod forged;
mod kill;
mod leave;
mod ledger;
mod load;
mod loss;
mod machines;
mod partition;
#[path = "../examples/ports.rs"]
mod ports;
mod process;
#[path = "../examples/program.rs"]
#[expect(dead_code, reason = "it serves the examples' tests as well, which use the rest")]
mod program;
mod strangers;
mod vanished;
