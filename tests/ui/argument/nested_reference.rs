//! The same deeper inside.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, points: Vec<(u32, &String)>) {}
}

fn main() {}
