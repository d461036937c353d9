//! A copy of it leaves the node.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Attribute, sharded_module};

#[derive(Clone)]
struct Motd;
#[derive(Clone)]
struct Steps;
type Level = Attribute<Steps>;

struct Arena;

#[sharded_module]
impl Arena {
    #[attribute]
    fn motd(&self) -> &Attribute<Motd> {
        unimplemented!()
    }

    #[attribute]
    fn level(&self) -> &Level {
        unimplemented!()
    }
}

fn main() {}
