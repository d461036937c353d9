//! Only its own node calls it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Node, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    #[blocking]
    fn on_stop(&self, node: &Node) {}
}

fn main() {}
