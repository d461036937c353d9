//! A module is shared between threads.
#![allow(dead_code, unused_variables)]

use shard_runtime::sharded_module;

struct Arena(std::cell::Cell<u32>);

#[sharded_module]
impl Arena {
    fn score(&self) -> u32 {
        self.0.get()
    }
}

fn main() {}
