//! Which one?
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(role = "match", name = "arena", role = "lobby")]
impl Arena {

}

fn main() {}
