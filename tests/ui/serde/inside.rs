//! On the type inside, not on what is around it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Score;

struct Arena;

#[sharded_module]
impl Arena {
    fn scores(&self, scores: &[Option<Score>]) {}
}

fn main() {}
