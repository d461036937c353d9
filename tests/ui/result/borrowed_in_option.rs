//! The same inside of another type.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn names(&self) -> Option<&[String]> {
        None
    }
}

fn main() {}
