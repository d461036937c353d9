//! It is the context, not an argument.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{State, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, points: u32, state: &State) {}
}

fn main() {}
