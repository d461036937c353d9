//! No type is asked for.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(limit = 3u64)]
impl Arena {

}

fn main() {}
