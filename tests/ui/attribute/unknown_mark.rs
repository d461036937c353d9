//! Options of methods that are not there yet.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[oneway]
    fn score(&self) {}

    #[timeout("250ms")]
    fn name(&self) -> String {
        String::new()
    }
}

fn main() {}
