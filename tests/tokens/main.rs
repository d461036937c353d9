//! Tokens outside of the program, and the secret that they are signed with.

mod ledger;
mod logs;
mod refusals;
mod rotation;
