//! A call and a reply that take several frames each: the connection is cut at the boundaries of these, and inside.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallCounts, CallError};

use crate::counter::Counter;
use crate::frame::{HEADER, kind};
use crate::pair::Pair;
use crate::patience::{patient, until};
use crate::relay::{Fate, Toward};
use crate::verdict::{End, Ends, truthful};

/// Of the padding: three frames, each way.
const SIZE: usize = 2 * 65 * 1024 + 1_000;
const FRAMES: usize = 3;

/// As many clusters at once as leave each the time that its calls need.
const SIDE_BY_SIDE: usize = 4;

/// A call of the largest kind beside small ones.
async fn calls(pair: &Pair) -> Vec<End> {
    let large = End::of(0, 2_000, padded(pair, 0));
    let small = async {
        let mut ends = Vec::new();
        for id in 1..8 {
            ends.push(End::of(id, 2_000, pair.pinned.quick(id)).await);
        }
        ends
    };
    let (large, mut ends) = tokio::join!(large, small);
    ends.push(large);
    ends
}

async fn padded(pair: &Pair, id: u64) -> Result<u64, CallError> {
    let padding = vec![9; SIZE];
    let (answer, echo) = pair.pinned.padded(id, &padding).await?;
    assert!(echo == padding);
    Ok(answer)
}

/// Nothing is kept of what has come in part, or has left in part (I9).
async fn idle(pair: &Pair) {
    let is_idle = |counts: CallCounts| {
        (counts.running, counts.waiting, counts.bytes_in, counts.bytes_out) == (0, 0, 0, 0)
    };
    let nodes = [&pair.caller, &pair.callee];
    until(Duration::from_secs(1), "all is idle", || nodes.iter().all(|node| is_idle(node.calls()))).await;
}

async fn sweep(toward: Toward) {
    let parts = [0, HEADER / 2, HEADER + 1_000, usize::MAX];
    let cuts: Vec<_> = (1..=FRAMES).flat_map(|frame| parts.map(|part| (frame, part))).collect();
    let mut all = Ends::default();
    for some in cuts.chunks(SIDE_BY_SIDE) {
        let pairs = join_all(some.iter().map(|_| Pair::new())).await;
        let tests = pairs.into_iter().zip(some).map(|(pair, (frame, part))| cut(pair, toward, *frame, *part));
        join_all(tests).await.into_iter().for_each(|sum| all.add(sum));
    }
    println!("toward the {toward:?}: {all:?}");
}

async fn cut(pair: Pair, toward: Toward, frame: usize, part: usize) -> Ends {
    let wanted = if toward == Toward::Callee { kind::CALL } else { kind::REPLY };
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    pair.relay.rule(move |_, it| {
        // Small ones have no frame of such a size, and the last one of a large message has no more than the rest.
        let is_it = it.kind == wanted && it.bytes.len() > 900;
        if is_it && count.fetch_add(1, Ordering::SeqCst) + 1 == frame {
            Fate::IsCut(part)
        } else {
            Fate::Passes
        }
    });
    let ends = calls(&pair).await;
    assert!(seen.load(Ordering::SeqCst) >= frame, "{toward:?} {frame} never came");
    idle(&pair).await;
    let sum = truthful(&ends, &pair.counter);
    let runs = pair.counter.runs(0);
    let whole = frame == FRAMES && part == usize::MAX;
    match toward {
        Toward::Callee => {
            assert_eq!(runs, u32::from(whole), "it runs when all of it has come: {frame}, {part}");
        }
        Toward::Caller => assert_eq!(runs, 1, "it was answered: {frame}, {part}"),
    }
    let large = ends.iter().find(|end| end.id == 0).unwrap();
    assert!(large.outcome.is_err() || whole, "{frame}, {part}: {large:?}");
    pair.relay.honest();
    pair.connected().await;
    assert_eq!(truthful(&ends, &pair.counter), sum, "nothing runs later");
    assert_eq!(padded(&pair, 100).await.unwrap(), Counter::answer(100));
    idle(&pair).await;
    sum
}

#[tokio::test]
async fn of_a_call() {
    patient(sweep(Toward::Callee)).await;
}

#[tokio::test]
async fn of_a_reply() {
    patient(sweep(Toward::Caller)).await;
}
