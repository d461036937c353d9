//! It stays in the module.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Attribute, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    #[attribute]
    fn motd(&self) -> Attribute<String> {
        unimplemented!()
    }
}

fn main() {}
