//! Other nodes know methods by their names only.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Attribute, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    #[rename("set_motd")]
    fn change(&self) {}

    #[attribute]
    fn motd(&self) -> &Attribute<String> {
        unimplemented!()
    }
}

fn main() {}
