//! The best known type that cannot travel.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        Ok(3)
    }
}

fn main() {}
