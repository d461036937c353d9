//! Nobody would host it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(limit = 0)]
impl Arena {

}

fn main() {}
