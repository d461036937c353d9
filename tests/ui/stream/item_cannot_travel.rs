//! An item is a value like any other.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::Stream;
use shard_runtime::sharded_module;

struct Player;
struct NoPlayer;

struct Arena;

#[sharded_module]
impl Arena {
    fn players(&self) -> impl Stream<Item = Player> {
        futures::stream::iter([Player])
    }

    fn last(&self) -> Result<impl Stream<Item = u32>, NoPlayer> {
        Ok(futures::stream::iter([3]))
    }
}

fn main() {}
