//! The module: what runs on the node that a key is placed on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::{Key, State, sharded_module};

/// All arenas of this node.
#[derive(Default)]
pub(crate) struct Arena {
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    /// Points, by arena and player.
    totals: BTreeMap<(Key, String), u64>,
    /// How often a method was executed here, by player: what actually happened, whatever callers were
    /// told.
    calls: BTreeMap<String, u64>,
}

/// What the module may answer instead of a value.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum ArenaError {
    #[error("{player} cannot score zero points")]
    NoPoints { player: String },
}

#[sharded_module]
impl Arena {
    /// Adds points in the arena that the shard names, and returns the player's new total.
    pub(crate) fn score(&self, state: &State, player: &str, points: u64) -> Result<u64, ArenaError> {
        self.books(|books| {
            books.executed(player);
            if points == 0 {
                return Err(ArenaError::NoPoints { player: player.to_owned() });
            }
            let total = books.totals.entry((state.key().clone(), player.to_owned())).or_default();
            *total = total.saturating_add(points);
            Ok(*total)
        })
    }

    /// Takes its time, so that there is something in flight when a node is killed.
    pub(crate) async fn linger(&self, player: &str, millis: u64) {
        self.books(|books| books.executed(player));
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// How many players have points on this node, once for each arena.
    pub(crate) fn players(&self) -> usize {
        self.books(|books| books.totals.len())
    }

    /// How often a method was executed on this node, by player.
    #[local]
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        self.books(|books| books.calls.clone())
    }

    #[local]
    fn books<T>(&self, work: impl FnOnce(&mut Books) -> T) -> T {
        work(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Books {
    fn executed(&mut self, player: &str) {
        *self.calls.entry(player.to_owned()).or_default() += 1;
    }
}
