//! Nobody calls it by this convention.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    extern "C" fn score(&self) {}
}

fn main() {}
