//! The attribute sees a type that is no stream.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::stream::{BoxStream, Stream, StreamExt};
use shard_runtime::sharded_module;
use std::pin::Pin;

struct Arena;

#[sharded_module]
impl Arena {
    fn numbers(&self) -> BoxStream<'_, u32> {
        futures::stream::iter(0..3).boxed()
    }

    fn names(&self) -> Pin<Box<dyn Stream<Item = String> + Send>> {
        Box::pin(futures::stream::empty())
    }
}

fn main() {}
