//! The same with a lifetime.
#![allow(dead_code, unused_mut, unused_variables)]

use std::borrow::Cow;

use shard_runtime::sharded_module;

struct Arena;

#[sharded_module]
impl Arena {
    fn name(&self) -> Cow<'_, str> {
        "".into()
    }
}

fn main() {}
