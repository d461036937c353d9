//! A hook, or a method of the same name?
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn on_start(&self) {}

    async fn on_stop(&self) {}
}

fn main() {}
