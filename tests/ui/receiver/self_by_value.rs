//! A module serves other calls after this one.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn close(self) {}
}

fn main() {}
