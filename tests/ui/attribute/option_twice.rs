//! Only one can count.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(name = "arena", name = "ring")]
impl Arena {

}

fn main() {}
