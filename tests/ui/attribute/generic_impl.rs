//! Other nodes call one concrete type.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena<G>(G);

#[sharded_module]
impl<G: Send> Arena<G> {
    fn score(&self) {}
}

fn main() {}
