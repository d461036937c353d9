//! A caller elsewhere cannot keep the promises.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    unsafe fn score(&self) {}
}

fn main() {}
