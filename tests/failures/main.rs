//! What is promised when something fails: the verdicts come from the counters of those who live.

mod builds;
mod carrying;
mod clash;
mod cut;
mod dialling;
#[path = "../ancestor/fixture/mod.rs"]
#[expect(dead_code, unused_imports, reason = "it serves the ancestor's tests as well, which use the rest")]
mod fixture;
mod flood;
mod handlers;
mod kill;
mod sever;
mod shutdown;
mod verdict;
