//! The runtime moves it between its threads.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::stream::{Stream, StreamExt};
use shard_runtime::sharded_module;
use std::rc::Rc;

struct Arena;

#[sharded_module]
impl Arena {
    fn numbers(&self) -> impl Stream<Item = u32> {
        let numbers = Rc::new([1, 2, 3]);
        futures::stream::iter(0..3).map(move |at| numbers[at])
    }
}

fn main() {}
