//! It has no name on the wire.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[local]
    #[rename("points")]
    fn score(&self) {}
}

fn main() {}
