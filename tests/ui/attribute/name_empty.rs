//! A name has letters.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module(name = "")]
impl Arena {

}

fn main() {}
