//! A call that is not awaited is not made.
#![allow(dead_code, unused_mut, unused_variables)]

#![deny(unused_must_use)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, player: &str, points: u32) -> u32 {
        points
    }
}


fn misuse(shard: ArenaShard, broadcast: ArenaBroadcast) {
    shard.score("alice", 3);
    broadcast.score("alice", 3);
}

fn main() {}
