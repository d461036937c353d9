//! And not those of a trait.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Clone for Arena {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
