//! The shard is called after the type.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

trait Game {}

#[sharded_module]
impl dyn Game {
    fn score(&self) {}
}

fn main() {}
