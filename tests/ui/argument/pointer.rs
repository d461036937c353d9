//! An address means nothing on another node.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, total: *const u32) {}
}

fn main() {}
