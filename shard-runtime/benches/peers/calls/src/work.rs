//! What is asked and answered, the same for all of them.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(crate) struct Input {
    pub(crate) player: u64,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) name: String,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) tick: u64,
    pub(crate) accepted: bool,
}

impl Input {
    /// One with a name of 12 bytes.
    pub(crate) fn of(player: u64) -> Self {
        Self { player, x: 3.0, y: 4.0, name: "player-00042".to_owned() }
    }

    /// The work of the handler: as good as none, but it needs every field.
    pub(crate) fn step(&self) -> Output {
        Output { tick: self.player + self.name.len() as u64, accepted: self.x < self.y }
    }
}
