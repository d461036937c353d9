//! The callee does not know the types of the caller.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score<T>(&self, points: T) {}
}

fn main() {}
