//! The connection is cut at each boundary of a frame, in each direction, and in the middle of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;

use crate::frame::{HEADER, kind};
use crate::pair::Pair;
use crate::patience::patient;
use crate::relay::{Fate, Toward};
use crate::script::{self, CALLS};
use crate::verdict::{End, Ends, truthful};

/// As many clusters at once as leave each the time that its calls need.
const SIDE_BY_SIDE: usize = 20;

/// How much of the frame at which it is cut still passes.
#[derive(Debug, Clone, Copy)]
enum Part {
    Nothing,
    HalfTheHeader,
    HalfTheBody,
    Everything,
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    toward: Toward,
    /// The number of the frame, from 1.
    frame: u64,
    part: Part,
}

async fn cut_in_a_script(pair: Pair, cut: Cut) -> Ends {
    let wanted = if cut.toward == Toward::Callee { kind::CALL } else { kind::REPLY };
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    pair.relay.rule(move |toward, frame| {
        let is_it = (toward, frame.kind) == (cut.toward, wanted)
            && count.fetch_add(1, Ordering::SeqCst) + 1 == cut.frame;
        match cut.part {
            _ if !is_it => Fate::Passes,
            Part::Nothing => Fate::IsCut(0),
            Part::HalfTheHeader => Fate::IsCut(HEADER / 2),
            Part::HalfTheBody => Fate::IsCut(HEADER.midpoint(frame.bytes.len())),
            Part::Everything => Fate::IsCut(usize::MAX),
        }
    });
    let ends = script::run(&pair).await;
    assert!(seen.load(Ordering::SeqCst) >= cut.frame, "{cut:?} never came");
    pair.idle().await;
    println!("{cut:?}:");
    let sum = truthful(&ends, &pair.counter);
    println!("{sum:?}");
    // The link is dialled again, and is as good as before.
    pair.connected().await;
    assert_eq!(truthful(&ends, &pair.counter), sum, "{cut:?}: nothing runs later");
    sum
}

async fn sweep(toward: Toward) {
    let parts = [Part::Nothing, Part::HalfTheHeader, Part::HalfTheBody, Part::Everything];
    let cuts: Vec<_> = (1..=CALLS).flat_map(|frame| parts.map(|part| Cut { toward, frame, part })).collect();
    let mut all = Ends::default();
    for some in cuts.chunks(SIDE_BY_SIDE) {
        // Nodes that start have much to do: no call is under way meanwhile.
        let pairs = join_all(some.iter().map(|_| Pair::new())).await;
        let sums = pairs.into_iter().zip(some).map(|(pair, cut)| cut_in_a_script(pair, *cut));
        join_all(sums).await.into_iter().for_each(|sum| all.add(sum));
    }
    println!("toward the {toward:?}: {all:?}");
    assert!(all.ok > 0 && all.unknown > 0, "{all:?}");
}

#[tokio::test]
async fn at_each_boundary_of_a_call() {
    patient(sweep(Toward::Callee)).await;
}

#[tokio::test]
async fn at_each_boundary_of_a_reply() {
    patient(sweep(Toward::Caller)).await;
}

#[tokio::test]
async fn without_a_cut_all_calls_succeed() {
    patient(async {
        let pair = Pair::new().await;
        let ends = script::run(&pair).await;
        let expected = Ends { ok: 20, ..Ends::default() };
        assert_eq!(truthful(&ends, &pair.counter), expected);
    })
    .await;
}

/// The same link is cut again and again, each time at another place.
#[tokio::test]
async fn cut_after_cut_on_one_pair() {
    patient(async {
        let pair = Pair::new().await;
        let mut ends = Vec::new();
        for round in 0..4_u64 {
            pair.relay.rule_for(kind::CALL, move |count| {
                if count == 4 {
                    Fate::IsCut(if round % 2 == 0 { 20 } else { usize::MAX })
                } else {
                    Fate::Passes
                }
            });
            for n in 0..8 {
                let id = round * 8 + n;
                ends.push(End::of(id, 300, pair.pinned.slow(id, 1)).await);
            }
            pair.relay.honest();
            pair.connected().await;
        }
        pair.idle().await;
        let sum = truthful(&ends, &pair.counter);
        assert_eq!(pair.relay.ended(), 4);
        assert_eq!((sum.ok + sum.not_started + sum.unknown, sum.unknown >= 4), (32, true), "{sum:?}");
    })
    .await;
}
