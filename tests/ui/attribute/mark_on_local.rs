//! It is never called from elsewhere.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[local]
    #[blocking]
    fn score(&self) {}

    #[blocking]
    fn new() -> Self {
        Self
    }
}

fn main() {}
