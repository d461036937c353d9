//! The rounds as a table.

use std::fmt;

use crate::figures::{COLUMNS, Figures, median};
use crate::load::Load;

const ROWS: usize = 4;

/// The first row is ours, by which the others are divided.
pub(crate) struct Table {
    names: [&'static str; ROWS],
    rounds: Vec<[Figures; ROWS]>,
    load: Load,
    cores: usize,
}

impl Table {
    pub(crate) fn new(names: [&'static str; ROWS], load: Load, cores: usize) -> Self {
        Self { names, rounds: Vec::with_capacity(load.rounds), load, cores }
    }

    pub(crate) fn add(&mut self, round: [Figures; ROWS]) {
        self.rounds.push(round);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Load { rounds, window } = self.load;
        let cores = self.cores;
        writeln!(
            f,
            "two processes, cores: {cores}; medians of {rounds} rounds, each figure over {window:?}"
        )?;
        writeln!(
            f,
            "CPU: of both processes, for a call; MB/s: there and back, 8 in flight; in brackets: ours / it"
        )?;
        write!(f, "{:15}", "")?;
        for (head, _) in COLUMNS {
            write!(f, "{head:>17}")?;
        }
        writeln!(f)?;
        for (row, name) in self.names.iter().enumerate() {
            write!(f, "{name:15}")?;
            for (_, figure) in COLUMNS {
                let value = median(self.rounds.iter().map(|round| figure(&round[row])));
                // Of each round on its own, so that what the machine does in it is in both.
                let ratio = median(self.rounds.iter().map(|round| figure(&round[0]) / figure(&round[row])));
                write!(f, "{value:>9.*} ({ratio:5.2})", if value < 100.0 { 2 } else { 0 })?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
