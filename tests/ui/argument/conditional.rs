//! Nodes with and without it would not understand each other.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, #[cfg(unix)] points: u32) {}
}

fn main() {}
