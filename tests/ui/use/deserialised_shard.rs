//! A shard comes from a token, which comes from the client.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, player: &str, points: u32) -> u32 {
        points
    }
}


fn misuse() -> Option<ArenaShard> {
    serde_json::from_str(r#"{"id":"…"}"#).ok()
}

fn main() {}
