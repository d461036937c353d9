//! Nobody knows which type it is.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, rule: Box<dyn Fn(u32) -> u32 + Send>) {}
}

fn main() {}
