//! Slips of the pen.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[one_way]
    fn score(&self) {}

    #[time_out("250ms")]
    fn name(&self) -> String {
        String::new()
    }
}

fn main() {}
