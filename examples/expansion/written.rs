//! The module as one writes it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use shard_runtime::{Attribute, Node, State, sharded_module};

/// The arenas of one node.
#[derive(Default)]
pub struct Arena {
    totals: Mutex<BTreeMap<String, u32>>,
    motd: Attribute<String>,
}

/// Why points were not added.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("nobody is called {0:?}")]
pub struct Nobody(String);

#[sharded_module]
impl Arena {
    /// Adds points, and returns the player's new total.
    pub async fn score(&self, state: &State, player: &str, points: u32) -> Result<u32, Nobody> {
        if player.is_empty() {
            return Err(Nobody(player.to_owned()));
        }
        tokio::task::yield_now().await;
        let mut totals = self.totals();
        let total = totals.entry(format!("{:?}/{player}", state.key())).or_default();
        *total += points;
        Ok(*total)
    }

    /// The names of the players on this node.
    pub fn players(&self, prefixes: &[String]) -> Vec<String> {
        let asked = |name: &&String| prefixes.iter().any(|prefix| name.starts_with(prefix));
        self.totals().keys().filter(asked).cloned().collect()
    }

    #[blocking]
    #[rename("checksum")]
    pub fn crunch(&self, replay: &[u8]) -> u64 {
        let totals: u64 = self.totals().values().copied().map(u64::from).sum();
        replay.iter().copied().map(u64::from).sum::<u64>() + totals
    }

    /// Takes a player's points away.
    #[oneway]
    pub fn forget(&self, player: &str) {
        self.totals().remove(player);
    }

    /// The totals of at least so many points.
    #[timeout("1.5s")]
    pub fn ranking(&self, at_least: u32) -> impl Stream<Item = u32> {
        let totals = self.totals().values().copied().filter(|total| *total >= at_least).collect::<Vec<_>>();
        stream::iter(totals)
    }

    /// The message of the day.
    #[attribute]
    pub fn motd(&self) -> &Attribute<String> {
        &self.motd
    }

    #[local]
    fn totals(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn on_start(&self, node: &Node) {
        println!("{} hosts {} players", node.name(), self.totals().len());
    }
}
