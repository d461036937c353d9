//! No call would ever run.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[timeout("0s")]
    fn score(&self) {}
}

fn main() {}
