//! M5: the same for what may be missing.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{ModuleHandle, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, player: &str, points: u32) -> u32 {
        points
    }
}


fn misuse(arenas: ModuleHandle<Arena>) {
    let _ = arenas.create_shard(Some("arena-42"));
}

fn main() {}
