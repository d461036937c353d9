//! There is nothing to wait for.
#![allow(dead_code, unused_mut, unused_variables)]

use shard_runtime::{Attribute, sharded_module};

async fn use_it(shard: ArenaShard, broadcast: ArenaBroadcast) {
    let _ = shard.set_motd(shard.motd().await.unwrap()).await;
    let _ = shard.watch_motd().await;
    let _ = broadcast.set_motd(String::new()).await;
}

struct Arena;

#[sharded_module]
impl Arena {
    #[attribute]
    async fn motd(&self) -> &Attribute<String> {
        unimplemented!()
    }
}

fn main() {}
