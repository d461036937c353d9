//! A role is one word.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(role = "match maker")]
impl Arena {

}

fn main() {}
