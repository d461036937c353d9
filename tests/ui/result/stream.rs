//! Not yet.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn numbers(&self) -> impl futures::Stream<Item = u32> {
        futures::stream::iter(0..3)
    }
}

fn main() {}
