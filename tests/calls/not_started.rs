//! Every reason for which a caller can be told that its call did not start; each time the counter says so too.
//! `WrongOwner` takes views that differ and `Refused` a forger: they are shown where those are.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shard_runtime::{CallError, NodeBuilder, NotStarted, State, sharded_module};
use tokio::time::Instant;

use crate::bed::{Bed, CLUSTER, Nodes, Way, within_ms};
use crate::patience::until;
use crate::picky::Picky;
use crate::probe::{Probe, token_of};

in_four_ways!(
    no_host,
    boot_gone,
    unknown_method,
    incompatible,
    cannot_encode,
    cannot_decode,
    too_large,
    too_long_an_actor,
    overloaded,
    expired,
    after_the_node_has_gone,
);

/// The reason, if that is what it is.
fn reason<T: std::fmt::Debug, E: std::fmt::Debug>(outcome: Result<T, CallError<E>>) -> NotStarted {
    match outcome {
        Err(error) if error.is_not_started() => match error {
            CallError::NotStarted { reason, .. } => reason,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Nobody hosts it.
#[derive(Default)]
struct Absent(u32);

#[sharded_module]
impl Absent {
    fn anything(&self) -> u32 {
        self.0
    }
}

async fn no_host(way: Way) {
    let nodes = Nodes::of(way, NodeBuilder::client_of::<Absent>, NodeBuilder::client_of::<Absent>).await;
    let shard = nodes.caller.module::<Absent>().keyed_shard("key").unwrap();
    let error = shard.anything().await.unwrap_err();
    assert_eq!(error.node(), None, "none had been chosen");
    assert_eq!(reason::<u32, _>(Err(error)), NotStarted::NoHost { module: "Absent".to_owned() });
}

async fn boot_gone(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    // Of the same secret, in a cluster of its own that nobody knows.
    let stray = shard_runtime::Node::builder(CLUSTER)
        .name("stray")
        .listen("127.0.0.1:0")
        .secret(bed.nodes.secret.clone())
        .module(Probe::default());
    let stray = stray.start().await.unwrap();
    let shard = bed.nodes.caller.module::<Probe>().get_shard(&token_of(&stray)).unwrap();
    assert_eq!(reason(shard.echo(1).await), NotStarted::BootGone);
    assert_eq!(bed.module.all_runs() + bed.bystander.all_runs(), 0);
}

/// The same module in two builds: the newer one has a method more, and another shape of one.
mod newer {
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Default)]
    pub(super) struct Bank(pub(super) AtomicU32);

    #[shard_runtime::sharded_module]
    impl Bank {
        pub(super) fn balance(&self, account: &str) -> u32 {
            self.0.fetch_add(1, Ordering::SeqCst);
            account.len().try_into().unwrap()
        }

        pub(super) fn same(&self) -> u32 {
            self.0.fetch_add(1, Ordering::SeqCst);
            7
        }

        pub(super) fn overdraft(&self) -> u32 {
            self.0.fetch_add(1, Ordering::SeqCst);
            8
        }
    }
}

#[derive(Default)]
struct Bank(AtomicU32);

#[sharded_module]
impl Bank {
    fn same(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst);
        70
    }

    fn balance(&self, account: u64) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst);
        account.try_into().unwrap()
    }
}

/// A newer caller's shard for an older callee, which counts; `None` where there is one node and so one build.
async fn two_builds(way: Way) -> Option<(Nodes, newer::BankShard, Arc<Bank>)> {
    if !way.is_remote() {
        return None;
    }
    let older = Arc::new(Bank::default());
    let hosted = Arc::clone(&older);
    let nodes =
        Nodes::of(way, |node| node.module(newer::Bank::default()), |node| node.shared_module(hosted)).await;
    let there = nodes.callee.module::<Bank>().local_shard().unwrap();
    let shard = nodes.caller.module::<newer::Bank>().get_shard(&there).unwrap();
    Some((nodes, shard, older))
}

async fn unknown_method(way: Way) {
    let Some((_nodes, shard, older)) = two_builds(way).await else { return };
    let method = NotStarted::UnknownMethod { module: "Bank".to_owned(), method: "overdraft".to_owned() };
    assert_eq!(reason(shard.overdraft().await), method);
    assert_eq!(older.0.load(Ordering::SeqCst), 0);
    assert_eq!(shard.same().await, Ok(70), "that both have");
}

async fn incompatible(way: Way) {
    let Some((_nodes, shard, older)) = two_builds(way).await else { return };
    let reason = reason(shard.balance("alice").await);
    assert!(
        matches!(&reason, NotStarted::Incompatible { method, ours, theirs, .. } if method == "balance" && ours != theirs),
        "{reason:?}"
    );
    assert_eq!(older.0.load(Ordering::SeqCst), 0);
    assert_eq!(shard.same().await, Ok(70), "that both have");
}

async fn cannot_encode(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for text in [Picky::PANICS_WHEN_WRITTEN, Picky::FAILS_WHEN_WRITTEN] {
        let outcome = bed.shard.takes(Picky::new(text)).await;
        if way.encodes() {
            let reason = reason(outcome);
            assert!(
                matches!(&reason, NotStarted::CannotEncode(why) if why.contains("the user's `Serialize`")),
                "{reason:?}"
            );
        } else {
            assert_eq!(outcome, Ok(text.len()), "nothing is written");
        }
    }
    assert_eq!(bed.module.all_runs(), if way.encodes() { 0 } else { 2 });
    assert_eq!(bed.nodes.callee.running(), 0);
    assert_eq!(bed.shard.takes(Picky::new("good")).await, Ok(4));
}

async fn cannot_decode(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for text in [Picky::PANICS_WHEN_READ, Picky::FAILS_WHEN_READ] {
        let outcome = bed.shard.takes(Picky::new(text)).await;
        if way.encodes() {
            let reason = reason(outcome);
            assert!(
                matches!(&reason, NotStarted::CannotDecode(why)
                    if why.contains("the user's `Deserialize`") && why.contains("takes")),
                "{reason:?}"
            );
        } else {
            assert_eq!(outcome, Ok(text.len()), "nothing is read");
        }
    }
    assert_eq!(bed.module.all_runs(), if way.encodes() { 0 } else { 2 });
    assert_eq!(bed.nodes.callee.running(), 0);
    assert_eq!(bed.shard.takes(Picky::new("good")).await, Ok(4));
}

/// The default limit of a message.
const LIMIT: usize = 1 << 20;

async fn too_large(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let outcome = bed.shard.length(&vec![1; LIMIT + 1]).await;
    if way.encodes() {
        let reason = reason(outcome);
        assert!(
            matches!(reason, NotStarted::TooLarge { size, limit } if size > limit && limit == LIMIT as u64),
            "{reason:?}"
        );
        assert_eq!(bed.module.all_runs(), 0);
    } else {
        assert_eq!(outcome, Ok(LIMIT + 1));
    }
    assert_eq!(bed.shard.length(&vec![1; LIMIT - 64]).await, Ok(LIMIT - 64));
}

async fn too_long_an_actor(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let state = State::new().with_actor("x".repeat(State::MAX_ACTOR + 1));
    let outcome = bed.shard.sees(&state).await;
    if way.is_remote() {
        assert!(matches!(reason(outcome), NotStarted::CannotEncode(_)));
        assert_eq!(bed.module.all_runs(), 0);
    }
    let state = State::new().with_actor("x".repeat(State::MAX_ACTOR));
    assert_eq!(bed.shard.sees(&state).await.unwrap().actor.unwrap().len(), State::MAX_ACTOR);
}

/// In flight to one peer, and running on one node.
async fn overloaded(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let places = if way.is_remote() { 1_024 } else { 10_000 };
    let state = State::new().with_deadline(Instant::now() + Duration::from_secs(30));
    let mut held: Vec<_> = (0..places).map(|_| Box::pin(state.clone().scope(bed.shard.hangs()))).collect();
    for call in &mut held {
        assert!(futures::poll!(call.as_mut()).is_pending());
    }
    let start = Instant::now();
    assert_eq!(reason(bed.shard.echo(1).await), NotStarted::Overloaded);
    assert!(start.elapsed() <= Duration::from_millis(10), "a refusal is no time-out: {:?}", start.elapsed());
    until(Duration::from_secs(10), "all run", || bed.module.runs("hangs") == places).await;
    assert_eq!(bed.module.runs("echo"), 0);
}

async fn expired(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let past = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    for deadline in [past, Instant::now()] {
        let state = State::new().with_deadline(deadline);
        assert_eq!(reason(state.clone().scope(bed.shard.echo(1)).await), NotStarted::Expired);
        assert_eq!(reason(state.clone().scope(bed.shard.slowly(2, 1)).await), NotStarted::Expired);
        assert_eq!(reason(state.scope(bed.shard.blocks(3, 1)).await), NotStarted::Expired);
    }
    // The clock goes on between the making of a call and its first poll.
    let call = within_ms(5).scope(bed.shard.echo(4));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(reason(pin!(call).await), NotStarted::Expired);
    assert_eq!(bed.module.all_runs(), 0);
}

async fn after_the_node_has_gone(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    bed.nodes.callee.shutdown().await;
    let reason = reason(bed.shard.echo(1).await);
    let expected = |reason: &NotStarted| match reason {
        NotStarted::Draining => true,
        // It has left the view, or its link has gone.
        NotStarted::BootGone | NotStarted::NotConnected { .. } => way.is_remote(),
        _ => false,
    };
    assert!(expected(&reason), "{reason:?}");
    assert_eq!(bed.module.all_runs(), 0);
}
