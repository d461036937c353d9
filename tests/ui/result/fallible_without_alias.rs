//! The name could be an alias of `Result`, but is none.
#![allow(dead_code, unused_variables)]

use shard_runtime::sharded_module;

#[derive(serde::Serialize, serde::Deserialize)]
struct Score;

struct Arena;

#[sharded_module]
impl Arena {
    #[fallible]
    fn score(&self) -> Score {
        Score
    }
}

fn main() {}
