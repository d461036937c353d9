//! Those that have gone down.

use std::collections::VecDeque;

use super::identity::Record;
use crate::membership::NodeName;

/// How many are remembered; beyond it the oldest are forgotten early.
pub(super) const MAX_DOWN: usize = 4096;

/// How many sweeps one is remembered for: with one an hour, a day and up to an hour.
const SWEEPS: u8 = 25;

/// Those that have gone down, the oldest first, each with the sweeps that are left to it. Without this memory, news
/// from before their death could bring them back.
#[derive(Debug, Default)]
pub(super) struct Downs(VecDeque<(Record, u8)>);

impl Downs {
    /// Remembers one more, and gives those that are to be forgotten for it.
    pub(super) fn remember(&mut self, record: Record) -> Option<Record> {
        self.0.retain(|(other, _)| other.name != record.name);
        self.0.push_back((record, SWEEPS));
        if self.0.len() > MAX_DOWN { self.0.pop_front().map(|(record, _)| record) } else { None }
    }

    /// Another hour is over: gives those that are to be forgotten.
    pub(super) fn sweep(&mut self) -> Vec<Record> {
        for (_, left) in &mut self.0 {
            *left = left.saturating_sub(1);
        }
        let over = self.0.iter().take_while(|(_, left)| *left == 0).count();
        self.0.drain(..over).map(|(record, _)| record).collect()
    }

    pub(super) fn drop_one(&mut self, name: &NodeName) {
        self.0.retain(|(other, _)| other.name != *name);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
