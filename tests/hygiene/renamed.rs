//! The runtime under another name.

use cluster::{Node, State, sharded_module};

struct Arena;

#[sharded_module(crate = cluster, name = "ring")]
impl Arena {
    async fn score(&self, _: &State, player: &str) -> Result<(), String> {
        Err(player.to_owned())
    }

    fn on_start(&self, _: &Node) {}
}
