//! One object serves many calls at once.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&mut self, points: u32) {}
}

fn main() {}
