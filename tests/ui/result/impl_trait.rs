//! The caller could not decode it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn numbers(&self) -> impl Iterator<Item = u32> {
        0..3
    }
}

fn main() {}
