//! Five of what?
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[timeout("5")]
    fn score(&self) {}

    #[timeout("5min")]
    fn name(&self) -> String {
        String::new()
    }
}

fn main() {}
