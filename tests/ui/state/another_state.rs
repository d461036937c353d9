//! A type of the same name in its place is taken for it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct State;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, state: &State) {}
}

fn main() {}
