//! What nobody waits for is not sent twice.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[oneway]
    #[idempotent]
    fn score(&self) {}
}

fn main() {}
