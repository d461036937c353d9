//! Its items come from the runtime's threads.
#![allow(dead_code, unused_mut, unused_variables)]

use futures::Stream;
use shard_runtime::sharded_module;

async fn use_it(shard: ArenaShard, broadcast: ArenaBroadcast) {
    let mut numbers = shard.numbers().await.unwrap();
    let _ = broadcast.numbers().await;
}

struct Arena;

#[sharded_module]
impl Arena {
    #[blocking]
    fn numbers(&self) -> impl Stream<Item = u32> {
        futures::stream::iter(0..3)
    }
}

fn main() {}
