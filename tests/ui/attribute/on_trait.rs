//! It wants those of a type.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

#[sharded_module]
trait Arena {
    fn score(&self);
}

fn main() {}
