//! A type has one block, for a module has one table.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self) {}
}

#[sharded_module]
impl Arena {
    fn name(&self) {}
}

fn main() {}
