//! The caller would wait in vain.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn run(&self) -> ! {
        loop {}
    }
}

fn main() {}
