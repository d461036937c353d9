//! M5: a key is text, bytes or an integer.
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
    let _ = arenas.create_shard(1.5);
}

fn main() {}
