//! A role has letters.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(role = "")]
impl Arena {

}

fn main() {}
