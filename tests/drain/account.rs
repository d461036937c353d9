//! Whether what callers were told agrees with what methods have counted.

use shard_runtime::{CallError, NotStarted, Unknown};

use crate::ledger::Ledger;

/// A call, and what its caller was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) id: u64,
    pub(crate) outcome: Result<u64, CallError>,
}

/// How calls ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) ok: usize,
    pub(crate) refused: usize,
    pub(crate) cut: usize,
}

/// Counts how calls ended, and compares each with its counter: `Ok` began and ended once, refused as `Draining`
/// never began, cut began once and did not end.
///
/// # Panics
///
/// When one of them is not true, or a call ended in any other way.
pub(crate) fn truthful(calls: &[Told], ledger: &Ledger) -> Ends {
    let mut ends = Ends::default();
    for Told { id, outcome } in calls {
        let run = ledger.run(*id);
        let counts = (run.on.len(), run.ended);
        match outcome {
            Ok(answer) => {
                assert_eq!((*answer, counts), (*id, (1, 1)), "call {id} succeeded");
                ends.ok += 1;
            }
            Err(CallError::NotStarted { reason: NotStarted::Draining, .. }) => {
                assert_eq!(counts, (0, 0), "call {id} was refused");
                ends.refused += 1;
            }
            Err(CallError::Unknown { reason: Unknown::Stopped, .. }) => {
                assert_eq!(counts, (1, 0), "call {id} was cut");
                ends.cut += 1;
            }
            Err(error) => panic!("call {id}: {error:?}"),
        }
    }
    ends
}
