//! A method that waits for itself needs a box.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Other;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, shard: Other, points: u32) -> u32 {
        let arena = Arena::find(shard);
        arena.score(shard, points).await.unwrap_or_default()
    }

    fn find(_: Other) -> ArenaShard {
        todo!()
    }
}

fn main() {}
