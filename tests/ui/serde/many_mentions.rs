//! Once, however often it is mentioned and used.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Score;

async fn use_it(shard: ArenaShard, broadcast: ArenaBroadcast) {
    let _ = shard.first(Score).await;
    let _ = broadcast.second(&[], &Score).await;
}

struct Arena;

#[sharded_module]
impl Arena {
    async fn first(&self, score: Score) -> Option<Score> {
        Some(score)
    }

    fn second(&self, scores: &[Score], score: &Score) -> Score {
        Score
    }
}

fn main() {}
