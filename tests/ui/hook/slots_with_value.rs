//! Nobody would get it.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{LeaveCause, NodeName, Slots, sharded_module};

struct Arena;

#[sharded_module]
impl Arena {
    async fn slots_arriving(&self, slots: &Slots, from: Option<&NodeName>) -> u32 {
        3
    }

    #[blocking]
    fn slots_leaving(&self, slots: &Slots, to: Option<&NodeName>, cause: LeaveCause) {}
}

fn main() {}
