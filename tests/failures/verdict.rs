//! Whether outcomes are true.

use std::sync::Arc;

use shard_runtime::CallError;

use crate::fixture::Arena;

/// How calls ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) ok: usize,
    pub(crate) not_started: usize,
    pub(crate) unknown: usize,
}

/// Compares what callers were told with what bodies have counted: `Ok` is once, `NotStarted` never,
/// `Unknown` at most once, and nothing is ever twice.
pub(crate) fn truthful(outcomes: &[(u64, Result<u64, CallError>)], arenas: &[Arc<Arena>]) -> Ends {
    let mut ends = Ends::default();
    for (id, outcome) in outcomes {
        let times: usize =
            arenas.iter().map(|arena| arena.worked().iter().filter(|worked| *worked == id).count()).sum();
        match outcome {
            Ok(value) => {
                assert_eq!((value, times), (id, 1), "call {id} succeeded");
                ends.ok += 1;
            }
            Err(CallError::NotStarted { reason, .. }) => {
                assert_eq!(times, 0, "call {id} was not started: {reason}");
                ends.not_started += 1;
            }
            Err(CallError::Unknown { reason, .. }) => {
                assert!(times <= 1, "call {id}, unknown ({reason}), ran {times} times");
                ends.unknown += 1;
            }
            Err(other) => panic!("call {id}: {other:?}"),
        }
    }
    ends
}
