//! A key must be able to be one.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self, scores: std::collections::HashMap<f64, u32>) {}
}

fn main() {}
