//! The expansion minds nobody's names: not the prelude's, not the user's.

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
