//! What becomes of a handler when nobody can tell it, or too late, that its caller has gone.

use std::time::Duration;

use futures::future::join_all;

use crate::counter::Counter;
use crate::frame::kind;
use crate::pair::Pair;
use crate::patience::{patient, until};
use crate::relay::Fate;
use crate::verdict::{End, truthful};

/// Makes calls that hang, and drops them when they run.
async fn dropped(pair: &Pair, ids: std::ops::Range<u64>, millis: u64) {
    let all = ids.clone();
    let calls = join_all(ids.map(|id| crate::pair::within_ms(millis).scope(pair.pinned.hangs(id))));
    tokio::select! {
        _ = calls => panic!("they ended"),
        _ = until(Duration::from_secs(2), "they run", || all.clone().all(|id| pair.counter.runs(id) == 1)) => {}
    }
}

#[tokio::test]
async fn when_it_is_lost_the_handler_ends_at_its_deadline() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::CANCEL, |_| Fate::IsLost);
        dropped(&pair, 0..5, 400).await;
        assert_eq!(pair.callee.running(), 5);
        until(Duration::from_millis(600), "they end", || pair.callee.running() == 0).await;
    })
    .await;
}

/// The places of the dropped calls are taken by others when they are cancelled, and cancelled again.
#[tokio::test]
async fn a_late_or_doubled_one_ends_nobody_else() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::CANCEL, |_| Fate::IsHeld);
        dropped(&pair, 0..10, 60_000).await;
        until(Duration::from_secs(1), "they are held", || pair.relay.held() == 10).await;
        let calls = join_all((10..20).map(|id| End::of(id, 2_000, pair.pinned.slow(id, 150))));
        let late = async {
            until(Duration::from_secs(1), "they run", || (10..20).all(|id| pair.counter.runs(id) == 1)).await;
            pair.relay.release();
            until(Duration::from_secs(1), "the old ones end", || pair.callee.running() <= 10).await;
        };
        let (ends, ()) = tokio::join!(calls, late);
        assert_eq!(truthful(&ends, &pair.counter).ok, 10);

        pair.relay.rule_for(kind::CANCEL, |_| Fate::IsDoubled);
        dropped(&pair, 20..30, 60_000).await;
        let ends = join_all((30..40).map(|id| End::of(id, 2_000, pair.keyed.slow(id, 50)))).await;
        assert_eq!(truthful(&ends, &pair.counter).ok, 10);
        pair.idle().await;
        assert_eq!((pair.relay.open(), pair.relay.ended()), (1, 0));
        assert!((0..40).all(|id| pair.counter.runs(id) == 1));
    })
    .await;
}

/// I11: the caller dies, or cannot be reached any more.
#[tokio::test]
async fn the_end_of_the_link_is_the_end_of_the_handlers() {
    patient(async {
        let pair = Pair::new().await;
        let calls = join_all((0..20).map(|id| End::of(id, 5_000, pair.pinned.hangs(id))));
        let cut = async {
            until(Duration::from_secs(2), "they run", || (0..20).all(|id| pair.counter.runs(id) == 1)).await;
            pair.relay.cut();
            until(Duration::from_secs(1), "they end", || pair.callee.running() == 0).await;
        };
        let (ends, ()) = tokio::join!(calls, cut);
        assert_eq!(truthful(&ends, &pair.counter).unknown, 20);
        pair.connected().await;
        // And when the whole node is gone.
        let calls = join_all((20..40).map(|id| End::of(id, 5_000, pair.pinned.hangs(id))));
        tokio::select! {
            _ = calls => panic!("they ended"),
            _ = until(Duration::from_secs(2), "they run", || (20..40).all(|id| pair.counter.runs(id) == 1)) => {}
        }
        let Pair { caller, callee, pinned, keyed, .. } = pair;
        drop((caller, pinned, keyed));
        until(Duration::from_secs(1), "they end", || callee.running() == 0).await;
    })
    .await;
}

/// A cut at each boundary of a cancellation.
#[tokio::test]
async fn cut_at_each_boundary() {
    patient(async {
        let cuts = [0, 8, usize::MAX].into_iter().flat_map(|at| (1..=5).map(move |frame| (at, frame)));
        let pairs = join_all(cuts.map(|cut| async move { (cut, Pair::new().await) })).await;
        join_all(pairs.into_iter().map(|((at, frame), pair)| async move {
            pair.relay.rule_for(
                kind::CANCEL,
                move |count| {
                    if count == frame { Fate::IsCut(at) } else { Fate::Passes }
                },
            );
            let others = join_all((10..20).map(|id| End::of(id, 1_000, pair.keyed.slow(id, 100))));
            let gone = dropped(&pair, 0..5, 60_000);
            let (ends, ()) = tokio::join!(others, gone);
            until(Duration::from_secs(1), "they end", || pair.callee.running() == 0).await;
            truthful(&ends, &pair.counter);
            pair.connected().await;
            assert!((0..Counter::IDS as u64 - 1).all(|id| pair.counter.runs(id) <= 1));
        }))
        .await;
    })
    .await;
}
