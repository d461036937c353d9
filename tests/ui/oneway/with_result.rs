//! The caller has gone on.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

async fn use_it(shard: ArenaShard) {
    let _ = shard.score().await;
}

struct Arena;

#[sharded_module]
impl Arena {
    #[oneway]
    fn score(&self) -> Result<(), String> {
        Ok(())
    }
}

fn main() {}
