//! A time is written with its unit.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[timeout(250)]
    fn score(&self) {}

    #[timeout = "250ms"]
    fn name(&self) -> String {
        String::new()
    }
}

fn main() {}
