//! More than a node can do: what it does then, and what becomes of the rest.

#![expect(clippy::similar_names, reason = "a caller stands beside a callee")]
#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod bed;
mod bytes;
mod goodput;
mod line;
mod load;
#[path = "../ancestor/fixture/patience.rs"]
mod patience;
