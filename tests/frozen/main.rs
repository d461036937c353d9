//! Processes and workers that stand still: what ran is compared with what was asked for.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod load;
mod module;
mod pinned;
mod process;
mod stopped;
mod workers;
