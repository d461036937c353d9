//! The error of an alias.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self) -> std::io::Result<u32> {
        Ok(3)
    }
}

fn main() {}
