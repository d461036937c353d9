//! Neither does code.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, rule: fn(u32) -> u32) {}
}

fn main() {}
