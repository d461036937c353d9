//! The game. It knows nothing of HTTP.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use shard_runtime::{Key, State, sharded_module};

/// How many players an arena takes.
const SEATS: usize = 2;

/// All arenas of this node: points by player.
#[derive(Default)]
pub(crate) struct Arena {
    arenas: Mutex<BTreeMap<Key, BTreeMap<String, u64>>>,
}

/// What the module may answer instead of a value.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum ArenaError {
    #[error("the arena is full: it has {SEATS} seats")]
    Full,
    #[error("the player is not in this arena")]
    NotHere,
}

#[sharded_module]
impl Arena {
    /// Takes a seat for the player on whose behalf the call is made.
    pub(crate) fn join(&self, state: &State) -> Result<(), ArenaError> {
        let player = state.actor().ok_or(ArenaError::NotHere)?;
        let mut arenas = self.arenas();
        let seats = arenas.entry(state.key().clone()).or_default();
        if seats.contains_key(player) {
            return Ok(());
        }
        if seats.len() >= SEATS {
            return Err(ArenaError::Full);
        }
        seats.insert(player.to_owned(), 0);
        Ok(())
    }

    /// Adds points for the player on whose behalf the call is made, and returns the new total.
    ///
    /// A token says where to go, never what one may do: that is decided here.
    pub(crate) fn score(&self, state: &State, points: u64) -> Result<u64, ArenaError> {
        let mut arenas = self.arenas();
        let seats = arenas.get_mut(state.key()).ok_or(ArenaError::NotHere)?;
        let total = state.actor().and_then(|player| seats.get_mut(player)).ok_or(ArenaError::NotHere)?;
        *total = total.saturating_add(points);
        Ok(*total)
    }

    /// How many seats are taken on this node.
    pub(crate) fn players(&self) -> usize {
        self.arenas().values().map(BTreeMap::len).sum()
    }

    #[local]
    fn arenas(&self) -> MutexGuard<'_, BTreeMap<Key, BTreeMap<String, u64>>> {
        self.arenas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
