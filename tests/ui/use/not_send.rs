//! A method may be moved between threads while it waits.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self) -> u32 {
        let points = std::rc::Rc::new(3);
        std::future::ready(()).await;
        *points
    }
}

fn main() {}
