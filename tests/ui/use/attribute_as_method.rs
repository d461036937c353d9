//! M27: an attribute is read without arguments, and a method is no attribute.

use shard_runtime::{Attribute, sharded_module};

#[derive(Default)]
pub struct Board {
    motd: Attribute<String>,
}

#[sharded_module]
impl Board {
    #[attribute]
    pub fn motd(&self) -> &Attribute<String> {
        &self.motd
    }

    pub fn clear(&self) {
        self.motd.set(String::new());
    }
}

async fn misuse(board: BoardShard) {
    let _ = board.motd("welcome").await;
    let _ = board.watch_clear().await;
    let _ = board.set_clear(()).await;
}

fn main() {}
