//! It is one value.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Attribute, State, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    #[attribute]
    fn motd(&self, state: &State, at: usize) -> &Attribute<String> {
        unimplemented!()
    }
}

fn main() {}
