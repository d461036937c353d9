//! M26: arguments of another type are refused before sending.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, player: &str, points: u32) -> u32 {
        points
    }
}


async fn misuse(shard: ArenaShard) {
    let _ = shard.score("alice", "three").await;
}

fn main() {}
