//! The future of a call borrows the shard.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, player: &str, points: u32) -> u32 {
        points
    }
}


fn misuse(shard: ArenaShard) {
    tokio::spawn(shard.score("alice", 3));
}

fn main() {}
