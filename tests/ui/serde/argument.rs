//! One error, on the type.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Score;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, player: &str, score: Score) {}
}

fn main() {}
