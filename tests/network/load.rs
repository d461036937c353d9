//! A steady stream of calls, made whether or not those before have ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::{CallError, Node, Shard as _};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use crate::ledger::{Ledger, LedgerShard, micros};

/// The keys of all calls.
pub(crate) const KEYS: u64 = 1_000;

/// The deadline of all calls: the one that they have if nobody says anything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

const TICK: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Rate {
    /// The numbers of its calls begin here.
    pub(crate) from: u64,
    pub(crate) per_second: u64,
    /// How long every eighth call takes, in milliseconds; the others take no time.
    pub(crate) millis: u64,
}

/// What a caller knows of one call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: u64,
    /// Of the keyed ones.
    pub(crate) key: Option<u64>,
    /// Whom it was for as it was made.
    pub(crate) to: Option<String>,
    /// When it was made and when it ended, on the machine's clock.
    pub(crate) made: u64,
    pub(crate) ended: u64,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Ok,
    NotStarted(String),
    Unknown(String),
    /// Nothing of the kind may happen here.
    Other(String),
}

/// Calls, keyed and pinned by turns, until they are told to end.
pub(crate) struct Load {
    end: Arc<AtomicBool>,
    task: JoinHandle<Vec<Call>>,
}

impl Load {
    pub(crate) fn start(node: &Node, rate: Rate) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(run(node.clone(), rate, Arc::clone(&end)));
        Self { end, task }
    }

    /// Makes no more calls.
    pub(crate) fn stop(&self) {
        self.end.store(true, Ordering::SeqCst);
    }

    /// The same, and waits for those that were made.
    pub(crate) async fn end(self) -> Vec<Call> {
        self.stop();
        self.task.await.unwrap()
    }
}

async fn run(node: Node, rate: Rate, end: Arc<AtomicBool>) -> Vec<Call> {
    let mut calls = JoinSet::new();
    let mut ticks = interval(TICK);
    // Whoever is late makes up for it.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut made = 0;
    for tick in 1_u64.. {
        ticks.tick().await;
        if end.load(Ordering::SeqCst) {
            break;
        }
        while made * 100 < tick * rate.per_second {
            // Of sixteen one keyed and one pinned.
            let millis = if made % 16 < 2 { rate.millis } else { 0 };
            calls.spawn(call(node.clone(), rate.from + made, made % 2 == 0, millis));
            made += 1;
        }
    }
    calls.join_all().await
}

async fn call(node: Node, id: u64, keyed: bool, millis: u64) -> Call {
    let module = node.module::<Ledger>();
    // Each key in its turn, in an order that has nothing to do with who owns them.
    let key = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) % KEYS;
    let made = micros();
    let shard = if keyed { module.keyed_shard(key) } else { module.create_shard(key) };
    let (to, outcome) = match &shard {
        Ok(shard) => (shard.node().map(|node| node.to_string()), work(shard, id, millis).await),
        Err(error) => (None, Outcome::NotStarted(error.to_string())),
    };
    Call { id, key: keyed.then_some(key), to, made, ended: micros(), outcome }
}

async fn work(shard: &LedgerShard, id: u64, millis: u64) -> Outcome {
    match shard.work(id, millis).await {
        Ok(answer) if answer == id => Outcome::Ok,
        Err(CallError::NotStarted { reason, .. }) => Outcome::NotStarted(reason.to_string()),
        Err(CallError::Unknown { reason, .. }) => Outcome::Unknown(reason.to_string()),
        other => Outcome::Other(format!("{other:?}")),
    }
}
