//! More seats than slots.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(limit = 4097)]
impl Arena {

}

fn main() {}
