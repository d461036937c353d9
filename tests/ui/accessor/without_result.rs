//! There is no value.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[attribute]
    fn motd(&self) {}
}

fn main() {}
