//! The time itself is missing.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[timeout]
    fn score(&self) {}
}

fn main() {}
