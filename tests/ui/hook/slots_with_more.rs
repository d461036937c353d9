//! Nobody knows more.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{NodeName, Slots, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    async fn slots_arriving(&self, slots: &Slots, from: Option<&NodeName>, epoch: u64) {}
}

fn main() {}
