//! Nobody can cut it short in the first place.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[blocking]
    #[detached]
    fn score(&self) {}
}

fn main() {}
