//! Which one?
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(limit = 3, limit = 4)]
impl Arena {

}

fn main() {}
