//! Whether what the callers were told agrees with what the nodes have written down.

use std::collections::HashMap;

use shard_runtime::CallError;

/// How a call ended for its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Ok,
    /// It did not run, says the error.
    NotStarted,
    /// It may have run.
    Unknown,
}

impl Ending {
    pub(crate) fn of<T>(outcome: &Result<T, CallError>) -> Self {
        match outcome {
            Ok(_) => Self::Ok,
            Err(error) if error.is_not_started() => Self::NotStarted,
            Err(_) => Self::Unknown,
        }
    }
}

/// Calls by how they ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) ok: usize,
    pub(crate) not_started: usize,
    pub(crate) unknown: usize,
}

impl Ends {
    pub(crate) fn note(&mut self, ending: Ending) {
        match ending {
            Ending::Ok => self.ok += 1,
            Ending::NotStarted => self.not_started += 1,
            Ending::Unknown => self.unknown += 1,
        }
    }

    pub(crate) fn all(&self) -> usize {
        self.ok + self.not_started + self.unknown
    }

    /// Those that were noted since an earlier moment.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            ok: self.ok - before.ok,
            not_started: self.not_started - before.not_started,
            unknown: self.unknown - before.unknown,
        }
    }
}

/// What is wrong with so many calls.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Audit {
    /// Failed, or said to have succeeded though they did not run.
    pub(crate) lost: usize,
    /// Ran more than once.
    pub(crate) twice: usize,
    /// Said not to have run, though they did.
    pub(crate) untrue: usize,
}

impl Audit {
    /// Compares what callers were told with how often each call has run. A call that was refused is lost only if
    /// `refusals_count`.
    pub(crate) fn of(told: &HashMap<u64, Ending>, ran: &HashMap<u64, u32>, refusals_count: bool) -> Self {
        let mut audit = Self::default();
        for (call, ending) in told {
            let times = ran.get(call).copied().unwrap_or(0);
            let lost = match ending {
                Ending::Ok => times == 0,
                Ending::NotStarted => refusals_count,
                Ending::Unknown => true,
            };
            audit.lost += usize::from(lost);
            audit.twice += usize::from(times > 1);
            audit.untrue += usize::from(*ending == Ending::NotStarted && times > 0);
        }
        audit
    }

    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}
