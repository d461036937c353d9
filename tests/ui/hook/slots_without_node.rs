//! From whom, and to whom?
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{NodeName, Slots, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    async fn slots_arriving(&self, slots: &Slots) {}

    async fn slots_leaving(&self, slots: &Slots, to: Option<&NodeName>) {}
}

fn main() {}
