//! What is called, the same for the runtime and for the limits.

use futures::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use shard_runtime::{State, sharded_module};

/// Bytes of a large message, and of an item of a stream.
pub(crate) const LARGE: usize = 64 * 1024;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Input {
    player: u64,
    x: f32,
    y: f32,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Output {
    tick: u64,
    accepted: bool,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self { player: 77_000_123, x: 12.5, y: -3.25, name: "player-00123".to_owned() }
    }

    /// What both do with it. It reads all fields, so that none is left out by the compiler.
    pub(crate) fn step(self) -> Output {
        Output { tick: self.player + self.name.len() as u64, accepted: self.x > self.y }
    }
}

/// Its methods are ready at once: what is measured is the way to them.
pub(crate) struct Arena;

#[sharded_module]
impl Arena {
    pub(crate) fn step(&self, input: Input) -> Output {
        input.step()
    }

    /// The same with the context of the call.
    pub(crate) fn step_in(&self, _state: &State, input: Input) -> Output {
        input.step()
    }

    pub(crate) fn echo(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    pub(crate) fn items(&self, count: u32) -> impl Stream<Item = Vec<u8>> + Send {
        stream::iter((0..count).map(|_| vec![7; LARGE]))
    }
}
