//! Nothing ends before it begins.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[timeout("-1s")]
    fn score(&self) {}
}

fn main() {}
