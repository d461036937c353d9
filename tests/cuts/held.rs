//! Frames that come late, and for callers who have gone.

use std::time::Duration;

use futures::future::join_all;

use crate::frame::kind;
use crate::pair::Pair;
use crate::patience::{patient, until};
use crate::relay::Fate;
use crate::verdict::{End, truthful};

#[tokio::test]
async fn replies_after_their_callers_gave_up_are_discarded() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::REPLY, |_| Fate::IsHeld);
        let gave_up = join_all((0..8).map(|id| End::of(id, 100, pair.pinned.quick(id)))).await;
        assert!(gave_up.iter().all(End::is_past_its_deadline), "{gave_up:?}");
        assert_eq!(pair.relay.held(), 8);
        // Their places are taken by new calls when the old replies come.
        pair.relay.honest();
        let next = join_all((8..16).map(|id| End::of(id, 1_000, pair.pinned.slow(id, 60))));
        let late = async {
            until(Duration::from_secs(1), "they run", || (8..16).all(|id| pair.counter.runs(id) == 1)).await;
            pair.relay.release();
        };
        let (next, ()) = tokio::join!(next, late);
        assert_eq!(truthful(&next, &pair.counter).ok, 8);
        assert_eq!(truthful(&gave_up, &pair.counter).unknown, 8);
        assert!((0..8).all(|id| pair.counter.runs(id) == 1), "they ran, and nobody could know");
        assert_eq!((pair.relay.open(), pair.relay.ended()), (1, 0));
    })
    .await;
}

/// The network has kept them for longer than their callers waited. Whether they run now is open; none does so twice.
#[tokio::test]
async fn calls_after_their_callers_gave_up_run_once_at_most() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::CALL, |_| Fate::IsHeld);
        let gave_up = join_all((0..8).map(|id| End::of(id, 100, pair.keyed.quick(id)))).await;
        assert!(gave_up.iter().all(End::is_past_its_deadline), "{gave_up:?}");
        assert_eq!((pair.relay.held(), (0..8).map(|id| pair.counter.runs(id)).sum::<u32>()), (8, 0));
        pair.relay.honest();
        pair.relay.release();
        // What comes behind them is answered after them.
        let next = End::of(8, 1_000, pair.pinned.quick(8)).await;
        pair.idle().await;
        truthful(&gave_up, &pair.counter);
        assert_eq!(truthful(&[next], &pair.counter).ok, 1);
    })
    .await;
}

/// What was held on one link is not there on the next.
#[tokio::test]
async fn what_is_held_goes_with_its_connection() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::CALL, |_| Fate::IsHeld);
        let calls = join_all((0..8).map(|id| End::of(id, 2_000, pair.pinned.quick(id))));
        let cut = async {
            until(Duration::from_secs(1), "they are held", || pair.relay.held() == 8).await;
            pair.relay.cut();
        };
        let (ends, ()) = tokio::join!(calls, cut);
        assert!(ends.iter().all(End::has_lost_its_connection), "{ends:?}");
        pair.relay.honest();
        pair.connected().await;
        pair.relay.release();
        pair.idle().await;
        assert_eq!(truthful(&ends, &pair.counter).unknown, 8);
        assert!((0..8).all(|id| pair.counter.runs(id) == 0));
    })
    .await;
}

/// Each frame of an exchange overtakes others.
#[tokio::test]
async fn late_frames_cost_time_and_nothing_else() {
    patient(async {
        let pair = Pair::new().await;
        let mut count = 0_u64;
        pair.relay.rule(move |_, frame| {
            count += 1;
            match frame.kind {
                kind::CALL | kind::REPLY => Fate::IsLate(Duration::from_millis(count * 37 % 50)),
                _ => Fate::Passes,
            }
        });
        let ends = crate::script::run(&pair).await;
        assert_eq!(truthful(&ends, &pair.counter).ok, 20);
        assert_eq!((pair.relay.open(), pair.relay.ended()), (1, 0));
    })
    .await;
}
