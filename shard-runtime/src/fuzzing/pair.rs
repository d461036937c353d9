//! Two nodes and what a script does to the link between them.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, stream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::script::Script;
use crate::testing::Cluster;
use crate::{CallError, Node, State, sharded_module};

/// Actions of one script.
const ACTIONS: usize = 48;

/// How much later than its deadline a call may end.
const LATE: Duration = Duration::from_millis(100);

/// After this time nothing of a fault is left.
const HEALED: Duration = Duration::from_secs(10);

/// How often the body of each call has run, on whatever node.
#[derive(Default)]
struct Ledger(Mutex<HashMap<u64, u32>>);

#[sharded_module(crate = crate)]
impl Ledger {
    #[local]
    fn ran(&self, id: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
    }

    #[local]
    fn runs(&self, id: u64) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied().unwrap_or(0)
    }

    fn quick(&self, id: u64) -> u64 {
        self.ran(id);
        answer(id)
    }

    async fn slow(&self, id: u64, millis: u64) -> u64 {
        self.ran(id);
        sleep(Duration::from_millis(millis)).await;
        answer(id)
    }

    #[idempotent]
    async fn again(&self, id: u64, millis: u64) -> u64 {
        self.ran(id);
        sleep(Duration::from_millis(millis)).await;
        answer(id)
    }

    fn count(&self, id: u64, items: u32, size: u32) -> impl Stream<Item = (u32, Vec<u8>)> {
        self.ran(id);
        stream::iter((0..items).map(move |item| (item, vec![7; size as usize])))
    }
}

fn answer(id: u64) -> u64 {
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A call that was made, and what it came to.
enum Made {
    Call { idempotent: bool, ends: JoinHandle<Outcome> },
    Stream { items: u32, ends: JoinHandle<(u32, Outcome)> },
}

/// Its outcome, and how late it was.
type Outcome = (Result<u64, CallError>, Duration);

/// Calls, streams, drops, cuts, delays and lost connections between two nodes, in the order of the script: each call ran at
/// most once (I1), ended once and by its deadline (I2), and says the truth of how often it ran (I3); nothing is left of any
/// (I9); and what was read of a stream is its beginning without a gap, and then one end (I14).
///
/// To be run on a runtime of one thread with paused time.
///
/// # Panics
///
/// When that does not hold.
pub async fn pair(input: &[u8]) {
    let ledger = Arc::new(Ledger::default());
    let nodes = Cluster::of(2, |node| node.shared_module(Arc::clone(&ledger))).await.unwrap();
    let mut made = HashMap::new();
    let mut script = Script::new(input);
    for id in 0..ACTIONS {
        if script.is_over() {
            break;
        }
        act(&nodes, &mut script, id as u64, &mut made).await;
    }
    nodes.heal(0, 1);
    nodes.delay(0, 1, Duration::ZERO);
    let mut claims = Vec::new();
    for (id, made) in made {
        claims.push(ended(id, made).await);
    }
    // A link that was silent for too long is still given up now.
    sleep(HEALED).await;
    timeout(Duration::from_secs(30), nodes.settled()).await.expect("the nodes find each other again");
    timeout(Duration::from_secs(30), idle(&nodes)).await.unwrap_or_else(|_| {
        let left: Vec<_> = nodes.nodes().map(Node::calls).collect();
        panic!("something is left: {left:?}")
    });
    for claim in claims {
        // Now that nothing is on its way any more.
        claim.check(&ledger);
    }
    let there = nodes.node(1).module::<Ledger>().local_shard().unwrap();
    let last = nodes.node(0).module::<Ledger>().get_shard(&there).unwrap();
    assert_eq!(last.quick(u64::MAX).await, Ok(answer(u64::MAX)), "and all is well");
}

async fn act(nodes: &Cluster, script: &mut Script<'_>, id: u64, made: &mut HashMap<u64, Made>) {
    let (choice, value) = (script.u8(), script.u8());
    let time = Duration::from_millis(u64::from(value) * 8);
    match choice % 16 {
        0..=5 => {
            let (from, deadline) = (usize::from(choice >> 7), u64::from(script.u8()) * 8 + 1);
            let call = call(nodes, from, (choice % 6, id), u64::from(value) * 4, deadline);
            made.insert(id, call);
        }
        6 | 7 => {
            let (from, deadline) = (usize::from(choice >> 7), u64::from(script.u8()) * 16 + 1);
            let size = [1, 100, 5_000, 70_000][usize::from(choice >> 4 & 3)];
            let pause = if choice & 64 == 0 { 0 } else { 5 };
            made.insert(id, stream_of(nodes, from, id, (u32::from(value % 64), size, pause), deadline));
        }
        8 => {
            // Dropped at whatever point it is.
            let before = id.saturating_sub(u64::from(value % 8));
            match made.get(&before) {
                Some(Made::Call { ends, .. }) => ends.abort(),
                Some(Made::Stream { ends, .. }) => ends.abort(),
                None => {}
            }
        }
        9 => nodes.cut(0, 1),
        10 => nodes.heal(0, 1),
        11 => nodes.sever(0, 1),
        12 => nodes.delay(0, 1, time / 8),
        13 => nodes.network().cut_one_way("node-0:1", "node-1:1"),
        _ => sleep(time).await,
    }
}

fn call(nodes: &Cluster, from: usize, (how, id): (u8, u64), millis: u64, deadline: u64) -> Made {
    let module = nodes.node(from).module::<Ledger>();
    let there = nodes.node(1 - from).module::<Ledger>().local_shard().unwrap();
    let keyed = module.keyed_shard(id);
    let pinned = module.get_shard(&there);
    let start = Instant::now();
    let deadline = start + Duration::from_millis(deadline);
    let call = async move {
        // Neither is there while the other node is not a member.
        let shard = if how == 1 || how == 3 { keyed } else { pinned };
        let Ok(shard) = shard else { return None };
        let state = State::new().with_deadline(deadline);
        Some(match how {
            0 | 1 => state.scope(shard.quick(id)).await,
            2 | 3 => state.scope(shard.slow(id, millis)).await,
            _ => state.scope(shard.again(id, millis)).await,
        })
    };
    let ends = tokio::spawn(async move {
        let outcome = call.await;
        let late = Instant::now().saturating_duration_since(deadline);
        let gone = || CallError::NotStarted { node: None, reason: crate::NotStarted::BootGone };
        (outcome.unwrap_or_else(|| Err(gone())), late)
    });
    Made::Call { idempotent: how > 3, ends }
}

fn stream_of(
    nodes: &Cluster,
    from: usize,
    id: u64,
    (items, size, pause): (u32, u32, u64),
    deadline: u64,
) -> Made {
    let module = nodes.node(from).module::<Ledger>();
    let there = nodes.node(1 - from).module::<Ledger>().local_shard().unwrap();
    let pinned = module.get_shard(&there);
    let deadline = Instant::now() + Duration::from_millis(deadline);
    let ends = tokio::spawn(async move {
        let gone = || CallError::NotStarted { node: None, reason: crate::NotStarted::BootGone };
        let Ok(shard) = pinned else { return (0, (Err(gone()), Duration::ZERO)) };
        let state = State::new().with_deadline(deadline);
        let opened = state.scope(shard.count(id, items, size)).await;
        let late = Instant::now().saturating_duration_since(deadline);
        let mut incoming = match opened {
            Ok(incoming) => incoming,
            Err(error) => return (0, (Err(error), late)),
        };
        let mut read = 0;
        let end = loop {
            match incoming.next().await {
                Some(Ok((item, bytes))) => {
                    assert_eq!((item, bytes.len()), (read, size as usize), "the items come in order");
                    read += 1;
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(answer(id)),
            }
            if pause > 0 {
                sleep(Duration::from_millis(pause)).await;
            }
        };
        assert!(incoming.next().await.is_none(), "a stream has one end");
        (read, (end, late))
    });
    Made::Stream { items, ends }
}

/// What a call said of itself; nothing, if it was dropped.
struct Claim {
    id: u64,
    idempotent: bool,
    outcome: Option<Result<u64, CallError>>,
}

async fn ended(id: u64, made: Made) -> Claim {
    let patience = Duration::from_secs(60);
    let (idempotent, ended) = match made {
        Made::Call { idempotent, ends } => (idempotent, timeout(patience, ends).await),
        Made::Stream { items, ends } => {
            let ended = timeout(patience, ends).await;
            if let Ok(Ok((read, (Ok(_), _)))) = &ended {
                assert_eq!(*read, items, "a stream that ended well is whole");
            }
            (false, ended.map(|ended| ended.map(|(_, outcome)| outcome)))
        }
    };
    let outcome = match ended.expect("a call ends") {
        Ok((outcome, late)) => {
            assert!(late <= LATE, "call {id} was {late:?} late");
            Some(outcome)
        }
        Err(dropped) if dropped.is_cancelled() => None,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    Claim { id, idempotent, outcome }
}

impl Claim {
    fn check(self, ledger: &Ledger) {
        let Self { id, idempotent, outcome } = self;
        let runs = ledger.runs(id);
        assert!(runs <= if idempotent { 3 } else { 1 }, "call {id} ran {runs} times");
        match outcome {
            Some(Ok(value)) => {
                assert!(value == answer(id) && runs >= 1, "call {id} ended well and ran {runs} times");
            }
            Some(Err(error)) => {
                assert!(!error.is_not_started() || runs == 0, "call {id} ran {runs} times, and says {error}");
            }
            None => {}
        }
    }
}

async fn idle(nodes: &Cluster) {
    let is_idle = || {
        nodes.nodes().all(|node| {
            let calls = node.calls();
            [calls.running, calls.to_start, calls.waiting, calls.bytes_in, calls.bytes_out] == [0; 5]
        })
    };
    while !is_idle() {
        sleep(Duration::from_millis(10)).await;
    }
}
