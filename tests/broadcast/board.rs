//! The module of these tests: each node does as it is told, and what ran where is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::testing::Cluster;
use shard_runtime::{Node, NodeBuilder, NodeName, State, sharded_module};
use tokio::time::{Instant, sleep};

/// What a node is to do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Task {
    Answer,
    AnswerAfter(u64),
    Fail,
    FailAfter(u64),
    Panic,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("there is no room")]
pub(crate) struct NoRoom;

/// What ran where: one for all nodes, so that a test sees every run.
#[derive(Default)]
pub(crate) struct Board {
    started: Mutex<BTreeMap<String, usize>>,
    finished: Mutex<BTreeMap<String, usize>>,
    locked: tokio::sync::Mutex<()>,
}

#[sharded_module]
impl Board {
    /// Answers the number of the node's task.
    pub(crate) async fn work(&self, state: &State, tasks: &[(String, Task)]) -> Result<usize, NoRoom> {
        let here = here(state);
        count(&self.started, &here);
        let number = tasks.iter().position(|(name, _)| *name == here);
        match number.map_or(Task::Answer, |number| tasks[number].1) {
            Task::Answer => {}
            Task::AnswerAfter(millis) => sleep(ms(millis)).await,
            Task::Fail => return Err(NoRoom),
            Task::FailAfter(millis) => {
                sleep(ms(millis)).await;
                return Err(NoRoom);
            }
            Task::Panic => panic!("{here} is on fire"),
        }
        count(&self.finished, &here);
        Ok(number.unwrap_or(tasks.len()))
    }

    /// How many milliseconds the method has.
    pub(crate) fn time_left(&self, state: &State) -> u64 {
        count(&self.finished, &here(state));
        let deadline = state.deadline().unwrap();
        u64::try_from((deadline - Instant::now()).as_millis()).unwrap()
    }

    /// Holds the lock for a while on the node of that name, and does nothing elsewhere.
    pub(crate) async fn holds_the_lock(&self, state: &State, node: &str, millis: u64) -> bool {
        let holds = here(state) == node;
        if holds {
            let lock = self.locked.lock().await;
            sleep(ms(millis)).await;
            drop(lock);
        }
        holds
    }

    /// Asks all nodes for the time that they have, within a time of its own.
    pub(crate) async fn ask_on(&self, state: &State, millis: u64) -> Vec<u64> {
        let board = state.module::<Self>().create_broadcast();
        let left = board.time_left(state).timeout(ms(millis)).all().await;
        left.unwrap().into_values().collect()
    }

    /// So many bytes.
    pub(crate) fn fill(&self, state: &State, size: usize) -> Vec<u8> {
        count(&self.finished, &here(state));
        vec![7; size]
    }

    pub(crate) fn read(&self, state: &State, note: &Note) -> u8 {
        count(&self.finished, &here(state));
        note.0
    }
}

impl Board {
    pub(crate) fn started(&self) -> BTreeMap<String, usize> {
        self.started.lock().unwrap().clone()
    }

    pub(crate) fn finished(&self) -> BTreeMap<String, usize> {
        self.finished.lock().unwrap().clone()
    }

    pub(crate) async fn lock(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.locked.lock().await
    }
}

/// Counts how often it is encoded.
#[derive(Deserialize)]
pub(crate) struct Note(pub(crate) u8);

/// How often the last note was encoded.
pub(crate) static ENCODED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl Serialize for Note {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        serializer.serialize_newtype_struct("Note", &self.0)
    }
}

fn count(counts: &Mutex<BTreeMap<String, usize>>, node: &str) {
    *counts.lock().unwrap().entry(node.to_owned()).or_default() += 1;
}

fn here(state: &State) -> String {
    state.node().map_or_else(String::new, |node| node.name().to_owned())
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// So many nodes with one board.
pub(crate) async fn nodes(count: usize) -> (Cluster, Arc<Board>) {
    nodes_with(count, |node| node).await
}

pub(crate) async fn nodes_with(
    count: usize,
    setup: impl Fn(NodeBuilder) -> NodeBuilder,
) -> (Cluster, Arc<Board>) {
    let board = Arc::new(Board::default());
    let cluster = Cluster::of(count, |node| setup(node).shared_module(Arc::clone(&board))).await.unwrap();
    (cluster, board)
}

pub(crate) fn all_of(node: &Node) -> BoardBroadcast {
    node.module::<Board>().create_broadcast()
}

/// A task for each node, in order.
pub(crate) fn tasks(tasks: impl IntoIterator<Item = Task>) -> Vec<(String, Task)> {
    tasks.into_iter().enumerate().map(|(number, task)| (format!("node-{number}"), task)).collect()
}

pub(crate) fn names<'a>(nodes: impl IntoIterator<Item = &'a NodeName>) -> BTreeSet<String> {
    nodes.into_iter().map(ToString::to_string).collect()
}

pub(crate) fn numbered(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
    numbers.into_iter().map(|number| format!("node-{number}")).collect()
}
