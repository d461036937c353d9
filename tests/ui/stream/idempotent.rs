//! Half of it may have been read already.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::Stream;
use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[idempotent]
    fn numbers(&self) -> impl Stream<Item = u32> {
        futures::stream::iter(0..3)
    }
}

fn main() {}
