//! It leaves the node that owns it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn name(&self) -> &str {
        ""
    }
}

fn main() {}
