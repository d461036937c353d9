//! The expansion minds nobody's names: not the prelude's, not the user's.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self,
    reason = "the methods have nothing to do"
)]
#![expect(non_snake_case, reason = "the names are the test")]

// A renamed dependency, as `cluster = { package = "shard-runtime" }` would make it.
extern crate shard_runtime as cluster;

#[path = "hygiene/conditions.rs"]
mod conditions;
#[path = "hygiene/in_a_macro.rs"]
mod in_a_macro;
#[path = "hygiene/names.rs"]
mod names;
#[path = "hygiene/no_prelude.rs"]
mod no_prelude;
#[path = "hygiene/renamed.rs"]
mod renamed;
#[path = "hygiene/shadowed.rs"]
mod shadowed;
#[path = "hygiene/tasks.rs"]
mod tasks;
