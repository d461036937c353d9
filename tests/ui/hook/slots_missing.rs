//! A hook, or a method of the same name?
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn slots_arriving(&self) {}

    async fn slots_leaving(&self) {}
}

fn main() {}
