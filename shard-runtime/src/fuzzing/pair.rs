//! Two nodes and what a script does to the link between them.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, stream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::script::Script;
use crate::testing::Cluster;
use crate::{CallError, Node, NotStarted, State, Unknown, sharded_module};

/// Actions of one script.
const ACTIONS: usize = 48;

/// How much later than its deadline a call may end.
const LATE: Duration = Duration::from_millis(100);

/// After this time nothing of a fault is left: whoever waited because of it waits no longer.
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
    Stream { items: u32, ends: JoinHandle<Read> },
}

/// Its outcome, and how late it was.
type Outcome = (Result<u64, CallError>, Duration);

/// What was read of a stream.
struct Read {
    items: u32,
    /// How it ended, and how late it was opened.
    outcome: Outcome,
    /// When its last item or its end was waited for the longest, how long that took.
    longest: Duration,
    ended: Instant,
}

/// Calls, streams, drops, cuts, delays and lost connections between two nodes, in the order of the script: each call ran at
/// most once (I1), ended once and by its deadline (I2), and says the truth of how often it ran (I3); nothing is left of any,
/// neither room that it took nor a task or a link (I9); and what was read of a stream is its beginning without a gap, and
/// then one end (I14). A stream has a deadline for its opening alone; from then on its reader waits for no item and no end
/// for longer than a fault lasts.
///
/// To be run on a runtime of one thread with paused time.
///
/// # Panics
///
/// When that does not hold.
pub async fn pair(input: &[u8]) {
    let ledger = Arc::new(Ledger::default());
    let nodes = Cluster::of(2, |node| node.shared_module(Arc::clone(&ledger))).await.unwrap();
    let before = held(&nodes);
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
    let healed = Instant::now();
    let mut claims = Vec::new();
    for (id, made) in made {
        claims.push(ended(id, made, healed).await);
    }
    // A link that was silent for too long is still given up now.
    sleep(HEALED).await;
    timeout(Duration::from_secs(30), nodes.settled()).await.expect("the nodes find each other again");
    timeout(Duration::from_secs(30), idle(&nodes, &before)).await.unwrap_or_else(|_| {
        let left: Vec<_> = nodes.nodes().map(Node::calls).collect();
        panic!("something is left: {left:?}, {:?} links and tasks, and it were {before:?}", held(&nodes))
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
        let gone = || CallError::NotStarted { node: None, reason: NotStarted::BootGone };
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
        let gone = || CallError::NotStarted { node: None, reason: NotStarted::BootGone };
        let nothing = |outcome| Read { items: 0, outcome, longest: Duration::ZERO, ended: Instant::now() };
        let Ok(shard) = pinned else { return nothing((Err(gone()), Duration::ZERO)) };
        let state = State::new().with_deadline(deadline);
        let opened = state.scope(shard.count(id, items, size)).await;
        let late = Instant::now().saturating_duration_since(deadline);
        let mut incoming = match opened {
            Ok(incoming) => incoming,
            Err(error) => return nothing((Err(error), late)),
        };
        let (mut read, mut longest) = (0, Duration::ZERO);
        let end = loop {
            let waits = Instant::now();
            let next = incoming.next().await;
            longest = longest.max(waits.elapsed());
            match next {
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
        let ended = Instant::now();
        assert!(incoming.next().await.is_none(), "a stream has one end");
        Read { items: read, outcome: (end, late), longest, ended }
    });
    Made::Stream { items, ends }
}

/// What a call said of itself; nothing, if it was dropped.
struct Claim {
    id: u64,
    idempotent: bool,
    /// Something of it has come, however it ended.
    seen: bool,
    outcome: Option<Result<u64, CallError>>,
}

async fn ended(id: u64, made: Made, healed: Instant) -> Claim {
    let patience = Duration::from_secs(60);
    let mut seen = false;
    let (idempotent, ended) = match made {
        Made::Call { idempotent, ends } => (idempotent, timeout(patience, ends).await),
        Made::Stream { items, ends } => {
            let ended = timeout(patience, ends).await;
            if let Ok(Ok(read)) = &ended {
                let Read { items: read, outcome, longest, ended } = read;
                assert!(outcome.0.is_err() || *read == items, "a stream that ended well is whole");
                assert!(*read <= items, "a stream has no more items than were given");
                assert!(*longest <= HEALED, "the reader of stream {id} waited {longest:?}");
                let late = ended.saturating_duration_since(healed);
                assert!(late <= HEALED, "stream {id} ended {late:?} after the last fault");
                seen = *read > 0;
            }
            (false, ended.map(|ended| ended.map(|read| read.outcome)))
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
    Claim { id, idempotent, seen, outcome }
}

impl Claim {
    fn check(self, ledger: &Ledger) {
        let Self { id, idempotent, seen, outcome } = self;
        let runs = ledger.runs(id);
        assert!(runs <= if idempotent { 3 } else { 1 }, "call {id} ran {runs} times");
        assert!(runs >= u32::from(seen), "call {id} gave something, and did not run");
        match outcome {
            Some(Ok(value)) => {
                assert!(value == answer(id) && runs >= 1, "call {id} ended well and ran {runs} times");
            }
            Some(Err(error)) => {
                assert!(can_be(&error), "nothing is wrong with call {id}, and it says {error}");
                assert!(!error.is_not_started() || runs == 0, "call {id} ran {runs} times, and says {error}");
            }
            None => {}
        }
    }
}

/// Whether what is done to the link can come to this. The methods do not panic, they and their arguments are known, small
/// and well-formed, and no node is stopped.
fn can_be(error: &CallError) -> bool {
    match error {
        CallError::Module { .. } | CallError::Panicked { .. } => false,
        CallError::NotStarted { reason, .. } => matches!(
            reason,
            NotStarted::NoHost { .. }
                | NotStarted::NotConnected { .. }
                | NotStarted::WrongOwner { .. }
                | NotStarted::BootGone
                | NotStarted::Overloaded
                | NotStarted::Expired
        ),
        CallError::Unknown { reason, .. } => {
            matches!(reason, Unknown::Deadline | Unknown::ConnectionLost | Unknown::SlowReader)
        }
    }
}

async fn idle(nodes: &Cluster, before: &[(usize, usize)]) {
    let is_idle = || {
        let nothing_waits = nodes.nodes().all(|node| {
            let calls = node.calls();
            [calls.running, calls.to_start, calls.waiting, calls.bytes_in, calls.bytes_out] == [0; 5]
        });
        let held = held(nodes);
        let as_before = |((links, tasks), before): (&(usize, usize), &(usize, usize))| {
            *links <= before.0 && *tasks <= before.1
        };
        nothing_waits && held.iter().zip(before).all(as_before)
    };
    while !is_idle() {
        sleep(Duration::from_millis(10)).await;
    }
}

/// The links and tasks of each node.
fn held(nodes: &Cluster) -> Vec<(usize, usize)> {
    nodes.nodes().map(crate::node::fuzzing::held).collect()
}
