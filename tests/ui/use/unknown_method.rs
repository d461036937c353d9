//! M25: a name that the module does not have never becomes a call.
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
    let _ = shard.socre("alice", 3).await;
}

fn main() {}
