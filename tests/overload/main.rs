//! More than a node can do: what it does then, and what becomes of the rest.

mod bed;
mod bytes;
mod goodput;
mod line;
mod load;
#[path = "../ancestor/fixture/patience.rs"]
mod patience;
