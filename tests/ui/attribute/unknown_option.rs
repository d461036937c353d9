//! Unknown options list the known ones.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(nmae = "arena")]
impl Arena {

}

fn main() {}
