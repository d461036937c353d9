//! The module whose runs are counted, and the nodes that host it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use shard_runtime::{Node, NodeBuilder, State, sharded_module};
use tokio::time::{Instant, sleep};

/// One execution of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Of the call.
    pub(crate) id: u64,
    /// The node's boot as it began.
    pub(crate) boot: u64,
    /// When it began, on the clock that all processes of this machine share.
    pub(crate) micros: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Run>>);

#[sharded_module]
impl Ledger {
    /// Notes that it ran.
    pub(crate) fn note(&self, state: &State, id: u64) -> u64 {
        let micros = micros();
        let boot = state.node().map_or(0, |node| node.boot().get());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Run { id, boot, micros });
        id
    }

    /// The runs from the one with that number on, at most 10,000.
    pub(crate) fn runs(&self, from: usize) -> Vec<Run> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter().skip(from).take(10_000).copied().collect()
    }

    /// Holds its worker up.
    pub(crate) fn hold(&self, millis: u64) {
        std::thread::sleep(Duration::from_millis(millis));
    }

    /// Runs for a while, and holds up nobody.
    pub(crate) async fn wait(&self, millis: u64) {
        sleep(Duration::from_millis(millis)).await;
    }
}

impl Ledger {
    pub(crate) fn all(&self) -> Vec<Run> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Microseconds of the clock that all processes of this machine share.
pub(crate) fn micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// A node on a TCP port of this machine.
pub(crate) fn node(name: &str, listen: &str, peers: &[String]) -> NodeBuilder {
    Node::builder("frozen")
        .name(name)
        .listen(listen)
        .peers(peers.iter().cloned())
        .secret_text("for the tests of frozen nodes only, nothing else")
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Waits until something holds, and says how long that took.
pub(crate) async fn until(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}
