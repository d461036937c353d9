//! An error would be sent as a value.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

type Outcome = Result<u32, String>;

struct Arena;

#[sharded_module]
impl Arena {
    fn score(&self) -> Outcome {
        Ok(3)
    }
}

fn main() {}
