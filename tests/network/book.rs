//! What callers were told, beside what has run.

use std::collections::HashMap;

use crate::fleet::millis;
use crate::load::{Call, DEADLINE, Outcome};

pub(crate) struct Book {
    /// Each with the name of its caller.
    pub(crate) calls: Vec<(String, Call)>,
}

impl Book {
    /// Compares each call with what has run.
    ///
    /// # Panics
    ///
    /// When a call ran twice, or not as its caller was told, or hung.
    pub(crate) fn new(calls: Vec<(String, Call)>, runs: impl Iterator<Item = u64>) -> Self {
        let mut times: HashMap<u64, usize> = HashMap::new();
        for id in runs {
            *times.entry(id).or_default() += 1;
        }
        let twice = times.values().filter(|count| **count > 1).count();
        assert_eq!(twice, 0, "calls ran twice");
        let untrue = |(_, call): &&(String, Call)| {
            let ran = times.contains_key(&call.id);
            match call.outcome {
                Outcome::Ok => !ran,
                Outcome::NotStarted(_) => ran,
                Outcome::Unknown(_) => false,
                Outcome::Other(_) => true,
            }
        };
        let untrue: Vec<_> = calls.iter().filter(untrue).take(5).collect();
        assert!(untrue.is_empty(), "callers were told what is not so: {untrue:?}");
        // As long as any may take, and what a busy machine adds.
        let longest = u64::try_from(DEADLINE.as_millis()).unwrap() + 500;
        let hung = calls.iter().filter(|(_, call)| call.millis() > longest).count();
        assert_eq!(hung, 0, "calls hung");
        Self { calls }
    }

    pub(crate) fn of(&self, wanted: impl Fn(&str, &Call) -> bool) -> Ends<'_> {
        Ends(self.calls.iter().filter(|(caller, call)| wanted(caller, call)).map(|(_, call)| call).collect())
    }

    /// Those that were for a node and had not ended at a moment.
    pub(crate) fn in_flight(&self, to: &str, at: u64) -> Ends<'_> {
        self.of(|_, call| call.to.as_deref() == Some(to) && call.made < at && call.ended > at)
    }
}

impl Call {
    /// How long it took.
    pub(crate) fn millis(&self) -> u64 {
        millis(self.made, self.ended)
    }
}

/// Some calls, as they ended.
pub(crate) struct Ends<'a>(pub(crate) Vec<&'a Call>);

impl Ends<'_> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn ok(&self) -> usize {
        self.0.iter().filter(|call| call.outcome == Outcome::Ok).count()
    }

    pub(crate) fn unknown(&self) -> usize {
        self.0.iter().filter(|call| matches!(call.outcome, Outcome::Unknown(_))).count()
    }

    /// The first few that did not succeed.
    pub(crate) fn failures(&self) -> Vec<&Call> {
        self.0.iter().copied().filter(|call| call.outcome != Outcome::Ok).take(5).collect()
    }

    /// When the last of them ended, in milliseconds after a moment.
    pub(crate) fn last_end(&self, since: u64) -> u64 {
        self.0.iter().map(|call| millis(since, call.ended)).max().unwrap_or(0)
    }

    /// In thousandths of a per cent, rounded down.
    pub(crate) fn success(&self) -> usize {
        self.ok() * 100_000 / self.len().max(1)
    }

    /// The time that all but the slowest hundredth of them stayed below, in milliseconds, and the slowest's.
    pub(crate) fn slow(&self) -> (u64, u64) {
        let mut took: Vec<u64> = self.0.iter().map(|call| call.millis()).collect();
        took.sort_unstable();
        let at =
            |share: usize| took.get((took.len() * share / 100).min(took.len().saturating_sub(1))).copied();
        (at(99).unwrap_or(0), at(100).unwrap_or(0))
    }
}
