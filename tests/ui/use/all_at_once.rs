//! Every mistake in one build, and none of them twice.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

async fn use_it(shard: ArenaShard, broadcast: ArenaBroadcast) {
    let _ = broadcast.close(&mut 3).await;
    let _ = shard.score("alice").await;
    let _ = shard.close(&mut 3).await;
    let _ = shard.points(Some(&3)).await;
}

struct Arena;

#[sharded_module(ownership = "strict")]
impl Arena {
    fn close(self, total: &mut u32) -> &str {
        ""
    }

    #[rename("score")]
    fn points<T>(&self, points: Option<&T>) {}

    async fn score(&self, player: &str) -> u32 {
        self.half_typed(player)
    }

    #[local]
    fn half_typed(&self, player: &str) -> u32 {
        3
    }
}

fn main() {}
