//! The attribute makes methods of these names.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Attribute, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    #[attribute]
    fn motd(&self) -> &Attribute<String> {
        unimplemented!()
    }

    fn set_motd(&self, text: &str) {}

    async fn watch_motd(&self) -> u32 {
        3
    }

    #[local]
    fn set_level(&self) {}

    #[attribute]
    fn level(&self) -> &Attribute<u32> {
        unimplemented!()
    }
}

fn main() {}
