//! The name without its key.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module("arena")]
impl Arena {

}

fn main() {}
