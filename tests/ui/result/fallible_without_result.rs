//! There is nothing to fail with.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[fallible]
    fn score(&self) -> u32 {
        3
    }
}

fn main() {}
