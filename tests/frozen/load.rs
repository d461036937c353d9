//! A steady stream of calls, and the verdict on them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use shard_runtime::{CallError, Node, State};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::module::{Ledger, LedgerShard, Run, micros};

/// What a caller knows of one call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: u64,
    /// When it was made, and when it was to end, on the machine's clock.
    pub(crate) made: u64,
    pub(crate) deadline: u64,
    /// The boot that it was for; `None`: whoever owned the key.
    pub(crate) boot: Option<u64>,
    pub(crate) outcome: Result<u64, CallError>,
}

/// Calls to one node, until it is told to end: keyed and pinned ones by turns, with short and long deadlines.
pub(crate) struct Load {
    end: Arc<AtomicBool>,
    task: JoinHandle<Vec<Call>>,
}

const DEADLINES: [u64; 3] = [150, 600, 4_000];

impl Load {
    /// About 500 calls a second to the node called `to`.
    pub(crate) fn start(from: &Node, to: &'static str) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let end = Arc::new(AtomicBool::new(false));
        let (node, ended) = (from.clone(), Arc::clone(&end));
        let task = tokio::spawn(async move {
            let mut calls = JoinSet::new();
            let keys = keys_of(&node, to);
            for turn in 0_usize.. {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let module = node.module::<Ledger>();
                let key = keys[turn % keys.len()];
                let shard = if turn % 2 == 0 {
                    module.keyed_shard(key).ok()
                } else {
                    // Placed anew each time: on the boot that the caller knows at the moment.
                    module.create_shard(key).ok()
                };
                if let Some(shard) = shard {
                    let id = IDS.fetch_add(1, Ordering::SeqCst);
                    calls.spawn(call(shard, id, DEADLINES[turn % 3]));
                }
                sleep(Duration::from_millis(2)).await;
            }
            calls.join_all().await
        });
        Self { end, task }
    }

    pub(crate) async fn end(self) -> Vec<Call> {
        self.end.store(true, Ordering::SeqCst);
        self.task.await.unwrap()
    }
}

/// Keys that the node owns now.
fn keys_of(from: &Node, to: &str) -> Vec<u64> {
    let owner = |key: &u64| {
        let shard = from.module::<Ledger>().create_shard(*key).unwrap();
        shard_runtime::Shard::node(&shard).is_some_and(|node| node.as_str() == to)
    };
    let keys: Vec<u64> = (0..1_000).filter(owner).take(50).collect();
    assert_eq!(keys.len(), 50, "{to} owns too few");
    keys
}

pub(crate) async fn call(shard: LedgerShard, id: u64, millis: u64) -> Call {
    let boot = shard_runtime::Shard::boot(&shard).map(shard_runtime::Boot::get);
    let made = micros();
    let state = State::new().with_deadline(Instant::now() + Duration::from_millis(millis));
    let outcome = shard.note(&state, id).await;
    Call { id, made, deadline: made + millis * 1_000, boot, outcome }
}

/// For how long a call may be on its way to its method, on a machine that is busy with other tests.
const ON_THE_WAY: u64 = 120_000;

/// Compares what callers were told with what ran: nothing twice, nothing after its deadline, nothing in another
/// boot than it was for, and every outcome true.
pub(crate) fn verdict(calls: &[Call], runs: &[Run]) {
    let mut by_id: HashMap<u64, Vec<&Run>> = HashMap::new();
    for run in runs {
        by_id.entry(run.id).or_default().push(run);
    }
    let mut late = Vec::new();
    for call in calls {
        let runs = by_id.get(&call.id).map_or(&[][..], Vec::as_slice);
        let truth = match &call.outcome {
            Ok(id) => *id == call.id && runs.len() == 1,
            Err(CallError::NotStarted { .. }) => runs.is_empty(),
            Err(CallError::Unknown { .. }) => runs.len() <= 1,
            Err(_) => false,
        };
        assert!(truth, "{call:?} ran {} times", runs.len());
        for run in runs {
            assert!(call.boot.is_none_or(|boot| boot == run.boot), "{call:?} ran as {run:?}");
            if run.micros > call.deadline + ON_THE_WAY {
                late.push((call.id, run.micros - call.deadline));
            }
        }
    }
    assert!(late.is_empty(), "{} expired calls ran, (id, µs too late): {late:?}", late.len());
}
