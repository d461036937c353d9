//! Fewer than none.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(limit = -1)]
impl Arena {

}

fn main() {}
