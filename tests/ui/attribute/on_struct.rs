//! The attribute wants the methods.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

#[sharded_module]
struct Arena;

fn main() {}
