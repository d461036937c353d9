//! Who calls the nodes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shard_runtime::{CallError, Node, State};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::args::Plan;
use crate::books::{Ending, Ends};
use crate::tally::Tally;

/// Calls are made this often, several at once if the rate asks for more.
const BEAT: Duration = Duration::from_millis(2);

/// A move of a session takes up to this many milliseconds.
const MOVE: u64 = 150;

pub(crate) struct Load {
    common: Arc<Common>,
    callers: JoinSet<()>,
}

struct Common {
    node: Node,
    plan: Plan,
    /// The number of the next call, of either kind.
    next: AtomicU64,
    stop: AtomicBool,
    keyed: Mutex<Told>,
    sessions: Mutex<Told>,
}

/// What callers were told.
#[derive(Debug, Default, Clone)]
pub(crate) struct Told {
    pub(crate) ends: Ends,
    pub(crate) by_call: HashMap<u64, Ending>,
    /// The first error, in words.
    pub(crate) error: Option<String>,
}

impl Load {
    /// Begins to call, from this node.
    pub(crate) fn start(node: Node, plan: &Plan) -> Self {
        let common = Arc::new(Common {
            node,
            plan: plan.clone(),
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            keyed: Mutex::default(),
            sessions: Mutex::default(),
        });
        let mut callers = JoinSet::new();
        callers.spawn(keyed_calls(Arc::clone(&common)));
        for player in 0..plan.sessions {
            callers.spawn(sessions(Arc::clone(&common), player));
        }
        Self { common, callers }
    }

    /// How the keyed calls and those of the sessions have ended until now.
    pub(crate) fn ends(&self) -> (Ends, Ends) {
        (lock(&self.common.keyed).ends, lock(&self.common.sessions).ends)
    }

    /// Begins no more, waits for those that were made, and returns what became of all: of the keyed ones, and of
    /// the sessions'.
    pub(crate) async fn stop(mut self) -> (Told, Told) {
        self.common.stop.store(true, Ordering::Relaxed);
        while self.callers.join_next().await.is_some() {}
        (lock(&self.common.keyed).clone(), lock(&self.common.sessions).clone())
    }
}

impl Common {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// An open loop: the next call is made when its time has come, and not when the one before has been answered, so
/// that what a restart holds up is seen and not avoided.
async fn keyed_calls(common: Arc<Common>) {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    let (mut due, mut made) = (0.0, 0.0);
    while !common.stopped() {
        beats.tick().await;
        due += f64::from(common.plan.rate) * BEAT.as_secs_f64();
        while made < due {
            made += 1.0;
            calls.spawn(keyed_call(Arc::clone(&common)));
        }
        while calls.try_join_next().is_some() {}
    }
    while calls.join_next().await.is_some() {}
}

async fn keyed_call(common: Arc<Common>) {
    let call = common.next();
    // A stride that visits the keys in no order that a table of slots could share.
    let key = call.wrapping_mul(7_919) % common.plan.keys;
    let shard = common.node.module::<Tally>().keyed_shard(key);
    let shard = shard.expect("the gateway is ready, and a number is no long key");
    let outcome = shard.add(&State::new(), call).await;
    lock(&common.keyed).note(call, &outcome);
}

/// One session after the other: each plays for a while on the node where it began, and then the next begins.
async fn sessions(common: Arc<Common>, player: u64) {
    let mut round: u64 = player;
    while !common.stopped() {
        round += common.plan.sessions;
        // From half to all of the longest.
        let part = 50 + round * 37 % 51;
        let length = common.plan.session * u32::try_from(part).unwrap_or(100) / 100;
        session(&common, round, Instant::now() + length).await;
    }
}

async fn session(common: &Common, round: u64, until: Instant) {
    let Ok(shard) = common.node.module::<Tally>().create_shard(format!("session-{round}")) else {
        return sleep(BEAT).await;
    };
    while Instant::now() < until && !common.stopped() {
        let call = common.next();
        let outcome = shard.play(call, call * 31 % MOVE).await;
        lock(&common.sessions).note(call, &outcome);
        if outcome.is_err() {
            // Its node is gone, or will take no more: a session begins anew, elsewhere.
            return;
        }
    }
}

impl Told {
    fn note<T>(&mut self, call: u64, outcome: &Result<T, CallError>) {
        let ending = Ending::of(outcome);
        self.ends.note(ending);
        if let Err(error) = outcome {
            self.error.get_or_insert_with(|| error.to_string());
        }
        self.by_call.insert(call, ending);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
