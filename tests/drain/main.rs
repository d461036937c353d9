//! What a node owes to others while it drains: each call is accounted for by its id, and the verdict comes from
//! what the methods have counted.

mod account;
mod keyed;
mod ledger;
mod pinned;
mod process;
mod quiet;
mod together;
