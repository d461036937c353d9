//! The caller decodes what it is told.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::Stream;
use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn numbers(&self) -> impl Stream {
        futures::stream::iter(0..3)
    }
}

fn main() {}
