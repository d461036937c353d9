//! serde knows arrays up to 32.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, replay: [u8; 64]) {}
}

fn main() {}
