use std::time::Duration;

use shard_runtime::{CallError, Unknown};
use tokio::time::{Instant, sleep_until};

use crate::counter::Counter;
use crate::pair::within_ms;

/// A call that has ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) id: u64,
    pub(crate) outcome: Result<u64, CallError>,
    took: Duration,
    deadline: Duration,
    /// How long it was not the call's turn although something was due: the machine was busy with something else.
    stood_still: Duration,
}

/// How much later than its deadline a call may end.
const LATE: Duration = Duration::from_millis(100);

/// How often it is looked whether the machine stands still.
const TICK: Duration = Duration::from_millis(5);

impl End {
    /// Makes a call that must have ended so soon.
    pub(crate) async fn of(id: u64, millis: u64, call: impl Future<Output = Result<u64, CallError>>) -> Self {
        let start = Instant::now();
        let mut stood_still = Duration::ZERO;
        let watch = async {
            loop {
                let due = Instant::now() + TICK;
                sleep_until(due).await;
                // A timer may be a little late by itself.
                stood_still += due.elapsed().checked_sub(4 * TICK).unwrap_or_default();
            }
        };
        let outcome = tokio::select! {
            outcome = within_ms(millis).scope(call) => outcome,
            () = watch => unreachable!("it has no end"),
        };
        Self { id, outcome, took: start.elapsed(), deadline: Duration::from_millis(millis), stood_still }
    }

    pub(crate) fn is_past_its_deadline(&self) -> bool {
        matches!(self.outcome, Err(CallError::Unknown { reason: Unknown::Deadline, .. }))
    }

    pub(crate) fn has_lost_its_connection(&self) -> bool {
        matches!(self.outcome, Err(CallError::Unknown { reason: Unknown::ConnectionLost, .. }))
    }
}

/// How calls have ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) ok: usize,
    pub(crate) not_started: usize,
    pub(crate) unknown: usize,
}

impl Ends {
    pub(crate) fn add(&mut self, more: Self) {
        self.ok += more.ok;
        self.not_started += more.not_started;
        self.unknown += more.unknown;
    }
}

/// I1 to I3 of all these calls, of which none may run any more.
pub(crate) fn truthful(ends: &[End], counter: &Counter) -> Ends {
    let mut sum = Ends::default();
    for End { id, outcome, took, deadline, stood_still } in ends {
        let runs = counter.runs(*id);
        assert!(runs <= 1, "I1: call {id}, which ended with {outcome:?}, ran {runs} times");
        let limit = *deadline + LATE + *stood_still;
        assert!(*took <= limit, "I2: call {id} took {took:?} of {limit:?}, and ended with {outcome:?}");
        match outcome {
            Ok(value) => {
                assert_eq!((*value, runs), (Counter::answer(*id), 1), "I3: call {id} succeeded");
                sum.ok += 1;
            }
            Err(CallError::NotStarted { reason, .. }) => {
                assert_eq!(runs, 0, "I3: call {id} was not started: {reason}");
                sum.not_started += 1;
            }
            Err(CallError::Unknown { .. }) => sum.unknown += 1,
            Err(other) => panic!("I3: call {id}: {other:?}"),
        }
    }
    sum
}
