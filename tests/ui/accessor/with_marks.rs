//! It is a value, not something to run.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Attribute, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    #[attribute]
    #[blocking]
    #[timeout("1s")]
    #[idempotent]
    #[oneway]
    #[detached]
    #[fallible]
    fn motd(&self) -> &Attribute<String> {
        unimplemented!()
    }
}

fn main() {}
