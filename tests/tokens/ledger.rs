//! Calls through tokens, keyed and pinned, from every node to every node.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use shard_runtime::testing::Cluster;
use shard_runtime::{Node, Shard as _, ShardToken, State, sharded_module};
use tokio::task::JoinSet;
use tokio::time::sleep;

pub(crate) const ALICE: &str = "alice";

/// Between two rounds of one caller.
const TICK: Duration = Duration::from_millis(20);

/// Counts how often it ran, on all nodes together.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    runs: Arc<AtomicU64>,
}

#[sharded_module]
impl Ledger {
    pub(crate) async fn book(&self, millis: u64) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(millis)).await;
    }
}

impl Ledger {
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }
}

/// A keyed and a pinned token of each node, for Alice alone.
pub(crate) fn tokens(cluster: &Cluster) -> Vec<ShardToken> {
    cluster.nodes().flat_map(|node| two_tokens(node, 0)).collect()
}

fn two_tokens(node: &Node, key: u64) -> [ShardToken; 2] {
    let ledgers = node.module::<Ledger>();
    let [keyed, pinned] = [ledgers.keyed_shard(key).unwrap(), ledgers.create_shard(key).unwrap()];
    [keyed, pinned].map(|shard| shard.token().for_subject(ALICE).mint())
}

/// How many of the tokens each node refuses, all together.
pub(crate) fn refused(cluster: &Cluster, tokens: &[ShardToken]) -> usize {
    let alice = State::new().with_actor(ALICE);
    let refused = |node: &Node| {
        let ledgers = node.module::<Ledger>();
        tokens.iter().filter(|token| ledgers.get_shard_for(&alice, *token).is_err()).count()
    };
    cluster.nodes().map(refused).sum()
}

/// What came of a load.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) calls: u64,
    /// Of them, those that did not end well.
    pub(crate) lost: u64,
    pub(crate) tokens: u64,
    /// Of them, those that another node refused.
    pub(crate) refused: u64,
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, lost, tokens, refused } = self;
        write!(f, "{calls} calls, {lost} lost; {tokens} tokens, {refused} refused")
    }
}

/// One caller for each pair of nodes: one makes tokens, and the other calls what they name.
pub(crate) struct Load {
    end: Arc<AtomicBool>,
    callers: JoinSet<Total>,
}

impl Load {
    pub(crate) fn start(cluster: &Cluster) -> Self {
        let (end, mut callers) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for from in cluster.nodes() {
            for to in cluster.nodes().filter(|to| to.name() != from.name()) {
                let (from, to, end) = (from.clone(), to.clone(), Arc::clone(&end));
                callers.spawn(async move { call(&from, &to, &end).await });
            }
        }
        Self { end, callers }
    }

    pub(crate) async fn end(self) -> Total {
        self.end.store(true, Ordering::Relaxed);
        let add = |mut sum: Total, one: Total| {
            sum.calls += one.calls;
            sum.lost += one.lost;
            sum.tokens += one.tokens;
            sum.refused += one.refused;
            sum
        };
        self.callers.join_all().await.into_iter().fold(Total::default(), add)
    }
}

async fn call(from: &Node, to: &Node, end: &AtomicBool) -> Total {
    let alice = State::new().with_actor(ALICE);
    let mut total = Total::default();
    for round in 0_u64.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        for token in two_tokens(from, round) {
            total.tokens += 1;
            match to.module::<Ledger>().get_shard_for(&alice, &token) {
                Ok(shard) => {
                    total.calls += 1;
                    // Some of them are under way when the secret changes.
                    let booked = shard.book(round % 4 * 20).await;
                    total.lost += u64::from(booked.is_err());
                }
                Err(_) => total.refused += 1,
            }
        }
        sleep(TICK).await;
    }
    total
}
