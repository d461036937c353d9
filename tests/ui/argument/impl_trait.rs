//! The callee does not know the type of the caller.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, points: impl Into<u32>) {}
}

fn main() {}
