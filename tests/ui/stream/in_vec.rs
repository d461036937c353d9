//! Its items come after the result.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::Stream;
use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn numbers(&self) -> Vec<impl Stream<Item = u32>> {
        vec![futures::stream::iter(0..3)]
    }

    fn perhaps(&self) -> Option<impl Stream<Item = u32>> {
        Some(futures::stream::iter(0..3))
    }
}

fn main() {}
