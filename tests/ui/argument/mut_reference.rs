//! What changes over there stays there.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, total: &mut u32) {}
}

fn main() {}
