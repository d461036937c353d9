//! Items leave the node that owns them.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::Stream;
use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn names(&self) -> impl Stream<Item = &str> {
        futures::stream::iter(["alice"])
    }
}

fn main() {}
