//! The module that most cases call.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::{CallError, Key, Node, NotStarted, ShardToken, State, sharded_module};
use tokio::time::Instant;

use crate::picky::Picky;

/// Counts in each of its bodies, so that a test need not believe an outcome.
#[derive(Default)]
pub(crate) struct Probe {
    counters: Mutex<BTreeMap<String, Arc<AtomicU32>>>,
    started: Mutex<Vec<u64>>,
    /// What ends chains that would go on for ever.
    next: Mutex<Option<ShardToken>>,
}

/// What a handler sees of its call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) actor: Option<String>,
    pub(crate) key: String,
    pub(crate) league: Option<u32>,
    pub(crate) caller: Option<String>,
    /// Microseconds to the deadline.
    pub(crate) left: Option<u64>,
}

/// What a method fails with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("{0}")]
    Said(String),
    /// The chain ended because it was too long.
    #[error("too deep")]
    TooDeep,
}

#[sharded_module]
impl Probe {
    /// How often the body that counts under this name has run.
    #[local]
    pub(crate) fn runs(&self, what: &str) -> u32 {
        self.counters.lock().unwrap().get(what).map_or(0, |count| count.load(Ordering::SeqCst))
    }

    /// How often any body has run.
    #[local]
    pub(crate) fn all_runs(&self) -> u32 {
        self.counters.lock().unwrap().values().map(|count| count.load(Ordering::SeqCst)).sum()
    }

    /// The ids of `note`, in the order in which they were started.
    #[local]
    pub(crate) fn started(&self) -> Vec<u64> {
        self.started.lock().unwrap().clone()
    }

    /// Whom `dive` calls.
    #[local]
    pub(crate) fn set_next(&self, next: ShardToken) {
        *self.next.lock().unwrap() = Some(next);
    }

    #[local]
    fn ran(&self, what: &str) {
        let counter = Arc::clone(self.counters.lock().unwrap().entry(what.to_owned()).or_default());
        counter.fetch_add(1, Ordering::SeqCst);
    }

    // Outcomes.

    pub(crate) fn echo(&self, id: u64) -> u64 {
        self.ran("echo");
        id
    }

    /// Counts under its id, and again at its end.
    pub(crate) async fn slowly(&self, id: u64, millis: u64) -> u64 {
        self.ran(&id.to_string());
        tokio::time::sleep(Duration::from_millis(millis)).await;
        self.ran(&format!("end of {id}"));
        id
    }

    pub(crate) async fn fails(&self, first_waits: bool, why: &str) -> Result<u64, ProbeError> {
        self.ran("fails");
        if first_waits {
            tokio::task::yield_now().await;
        }
        Err(ProbeError::Said(why.to_owned()))
    }

    pub(crate) async fn panics(&self, first_waits: bool) -> u64 {
        self.ran("panics");
        if first_waits {
            tokio::task::yield_now().await;
        }
        panic!("the probe is on fire")
    }

    pub(crate) fn panics_in_line(&self, text: &str) {
        self.ran("panics_in_line");
        panic!("{text}")
    }

    #[blocking]
    pub(crate) fn panics_blocking(&self) -> u64 {
        self.ran("panics_blocking");
        panic!("the probe is on fire")
    }

    pub(crate) async fn hangs(&self) {
        self.ran("hangs");
        std::future::pending::<()>().await;
    }

    /// Occupies a thread, and counts again at its end.
    #[blocking]
    pub(crate) fn blocks(&self, id: u64, millis: u64) -> u64 {
        self.ran(&id.to_string());
        std::thread::sleep(Duration::from_millis(millis));
        self.ran(&format!("end of {id}"));
        id
    }

    #[blocking]
    pub(crate) fn blocking_echo(&self, state: &State, text: &str, id: u64) -> (String, u64, Option<String>) {
        self.ran("blocking_echo");
        let current = State::current().actor().map(ToOwned::to_owned);
        assert_eq!(current.as_deref(), state.actor());
        (text.to_owned(), id, current)
    }

    // Arguments.

    pub(crate) fn values(
        &self,
        flag: bool,
        text: String,
        numbers: Vec<i64>,
        pair: (u8, Option<char>),
        unit: (),
    ) -> (bool, String, Vec<i64>, (u8, Option<char>)) {
        self.ran("values");
        let () = unit;
        (flag, text, numbers, pair)
    }

    pub(crate) fn text(&self, text: &str) -> String {
        self.ran("text");
        text.to_owned()
    }

    pub(crate) async fn text_later(&self, text: &str) -> String {
        self.ran("text_later");
        tokio::task::yield_now().await;
        text.to_owned()
    }

    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.ran("bytes");
        bytes.to_vec()
    }

    pub(crate) async fn slice(&self, items: &[(u32, String)]) -> Vec<(u32, String)> {
        self.ran("slice");
        tokio::task::yield_now().await;
        items.to_vec()
    }

    pub(crate) fn reference(&self, map: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        self.ran("reference");
        map.clone()
    }

    pub(crate) fn maybe(&self, text: Option<&str>) -> Option<String> {
        self.ran("maybe");
        text.map(ToOwned::to_owned)
    }

    pub(crate) fn cow(&self, text: Cow<'_, str>) -> String {
        self.ran("cow");
        text.into_owned()
    }

    // Results.

    pub(crate) fn no(&self) -> bool {
        self.ran("no");
        false
    }

    pub(crate) fn empty(&self) -> String {
        self.ran("empty");
        String::new()
    }

    pub(crate) fn zero(&self) -> i64 {
        self.ran("zero");
        0
    }

    pub(crate) fn none(&self) -> Option<u32> {
        self.ran("none");
        None
    }

    #[expect(clippy::option_option, clippy::unnecessary_wraps, reason = "they are what is tested")]
    pub(crate) fn some_none(&self) -> Option<Option<u32>> {
        self.ran("some_none");
        Some(None)
    }

    pub(crate) fn unit(&self) {
        self.ran("unit");
    }

    #[expect(clippy::unnecessary_wraps, reason = "that it is one is what is tested")]
    pub(crate) fn ok_unit(&self) -> Result<(), ProbeError> {
        self.ran("ok_unit");
        Ok(())
    }

    pub(crate) fn nothing(&self) -> Vec<()> {
        self.ran("nothing");
        vec![]
    }

    // The codec.

    pub(crate) fn length(&self, bytes: &[u8]) -> usize {
        self.ran("length");
        bytes.len()
    }

    pub(crate) fn of_length(&self, length: usize) -> String {
        self.ran("of_length");
        "x".repeat(length)
    }

    pub(crate) fn takes(&self, picky: Picky) -> usize {
        self.ran("takes");
        let Picky(text) = picky;
        text.len()
    }

    pub(crate) fn gives(&self, text: &str) -> Picky {
        self.ran("gives");
        Picky::new(text)
    }

    // The context.

    pub(crate) fn sees(&self, state: &State) -> Seen {
        self.ran("sees");
        seen(state)
    }

    /// What a method sees that does not ask for its state.
    pub(crate) async fn sees_current(&self) -> Seen {
        self.ran("sees_current");
        tokio::task::yield_now().await;
        seen(&State::current())
    }

    /// What the next method sees: when it is given this one's state, when it is given nothing, and when it is called
    /// from a task of its own.
    pub(crate) async fn next_sees(&self, state: &State, next: ShardToken) -> Result<[Seen; 4], ProbeError> {
        self.ran("next_sees");
        let shard = state.module::<Self>().get_shard(&next).map_err(|error| said(&error))?;
        let task = shard.clone();
        Ok([
            seen(state),
            shard.sees(state).await.map_err(|error| said(&error))?,
            shard.sees_current().await.map_err(|error| said(&error))?,
            State::spawn(async move { task.sees_current().await })
                .await
                .map_err(|error| said(&error))?
                .map_err(|error| said(&error))?,
        ])
    }

    // Order and chains.

    /// Notes its id when it is first polled.
    pub(crate) async fn note(&self, id: u64) -> u64 {
        self.ran("note");
        self.started.lock().unwrap().push(id);
        if id.is_multiple_of(3) {
            tokio::task::yield_now().await;
        }
        id
    }

    /// Calls itself, on whatever node it was told, until that is refused; says how often it ran.
    pub(crate) async fn dive(&self, state: &State, depth: u32) -> Result<u32, ProbeError> {
        self.ran("dive");
        let Some(next) = self.next.lock().unwrap().clone() else { return Ok(depth) };
        let shard = state.module::<Self>().get_shard(&next).map_err(|error| said(&error))?;
        match Box::pin(shard.dive(state, depth + 1)).await {
            Err(CallError::NotStarted { reason: NotStarted::TooDeep, .. }) => Ok(depth),
            Err(CallError::Module { error, .. }) => Err(error),
            Err(other) => Err(said(&other)),
            Ok(deepest) => Ok(deepest),
        }
    }

    /// As `dive`, and hands the refusal on.
    pub(crate) async fn dive_and_fail(&self, state: &State) -> Result<u32, ProbeError> {
        self.ran("dive_and_fail");
        let next = self.next.lock().unwrap().clone().expect("it was told whom to call");
        let shard = state.module::<Self>().get_shard(&next).map_err(|error| said(&error))?;
        match Box::pin(shard.dive_and_fail(state)).await {
            Err(CallError::NotStarted { reason: NotStarted::TooDeep, .. }) => Err(ProbeError::TooDeep),
            Err(CallError::Module { error, .. }) => Err(error),
            Err(other) => Err(said(&other)),
            Ok(depth) => Ok(depth),
        }
    }
}

fn said(error: &impl std::fmt::Display) -> ProbeError {
    ProbeError::Said(error.to_string())
}

fn seen(state: &State) -> Seen {
    let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now()).as_micros();
    Seen {
        actor: state.actor().map(ToOwned::to_owned),
        key: state.key().to_string(),
        league: state.data("league").unwrap(),
        caller: caller(state),
        left: state.deadline().map(|deadline| u64::try_from(left(deadline)).unwrap()),
    }
}

/// The name of the node that called.
fn caller(state: &State) -> Option<String> {
    state.caller().map(|caller| caller.node().to_string())
}

/// The text of a key, as handlers show it.
pub(crate) fn shown(key: &Key) -> String {
    key.to_string()
}

/// A token of a node's own shard.
pub(crate) fn token_of(node: &Node) -> ShardToken {
    use shard_runtime::Shard as _;
    node.module::<Probe>().local_shard().unwrap().token().mint()
}
