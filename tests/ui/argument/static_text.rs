//! A message does not last that long.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, player: &'static str) {}
}

fn main() {}
