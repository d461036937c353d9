//! The runtime has a path.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(crate = "shard_runtime")]
impl Arena {

}

fn main() {}
