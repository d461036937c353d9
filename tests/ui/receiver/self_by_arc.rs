//! The runtime lends the module.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(self: std::sync::Arc<Self>) {}
}

fn main() {}
