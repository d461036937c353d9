//! The callee does not know the constants of the caller.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score<const N: usize>(&self) {}
}

fn main() {}
