//! One or the other.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[blocking]
    async fn score(&self) {}
}

fn main() {}
