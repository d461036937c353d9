//! The macro runs before the condition is known.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    #[cfg_attr(unix, local)]
    fn score(&self) {}
}

fn main() {}
