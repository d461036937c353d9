//! It is lent.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{State, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, state: State) {}
}

fn main() {}
