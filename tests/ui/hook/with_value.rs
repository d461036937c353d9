//! Nobody would get it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Node, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    fn on_start(&self, node: &Node) -> u32 {
        3
    }
}

fn main() {}
