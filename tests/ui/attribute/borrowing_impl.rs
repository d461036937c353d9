//! A module lives as long as its node.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena<'a>(&'a str);

#[sharded_module]
impl Arena<'_> {
    fn score(&self) {}
}

fn main() {}
