//! One error, on the type.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct NoScore;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self) -> Result<u32, NoScore> {
        Err(NoScore)
    }
}

fn main() {}
