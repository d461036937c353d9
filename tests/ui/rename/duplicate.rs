//! Two methods of one name.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn points(&self) {}

    #[rename("points")]
    fn score(&self) {}
}

fn main() {}
