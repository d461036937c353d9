//! M26: so are too few.
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
    let _ = shard.score("alice").await;
}

fn main() {}
