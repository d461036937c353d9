//! One frame gets lost, and the connection lives: its caller learns nothing, and knows that.

use std::time::Duration;

use futures::future::join_all;

use crate::frame::kind;
use crate::pair::Pair;
use crate::patience::patient;
use crate::relay::Fate;
use crate::verdict::{End, Ends, truthful};

fn nth(wanted: usize) -> impl FnMut(usize) -> Fate + Send {
    move |count| if count == wanted { Fate::IsLost } else { Fate::Passes }
}

#[tokio::test]
async fn of_a_lost_reply_the_body_has_run_once_and_the_outcome_is_unknown() {
    patient(async {
        for wanted in [1, 3, 5] {
            let pair = Pair::new().await;
            pair.relay.rule_for(kind::REPLY, nth(wanted));
            let ends = join_all((0..5).map(|id| End::of(id, 250, pair.pinned.slow(id, 4 * id)))).await;
            pair.idle().await;
            assert_eq!(truthful(&ends, &pair.counter), Ends { ok: 4, unknown: 1, not_started: 0 });
            let lost = ends.iter().find(|end| end.is_past_its_deadline()).unwrap();
            assert_eq!(pair.counter.runs(lost.id), 1);
            assert_eq!((pair.relay.open(), pair.relay.ended()), (1, 0), "the link has not suffered");
        }
    })
    .await;
}

#[tokio::test]
async fn of_a_lost_call_the_body_has_not_run_and_the_outcome_is_unknown() {
    patient(async {
        for wanted in [1, 3, 5] {
            let pair = Pair::new().await;
            pair.relay.rule_for(kind::CALL, nth(wanted));
            let ends = join_all((0..5).map(|id| End::of(id, 250, pair.keyed.quick(id)))).await;
            pair.idle().await;
            assert_eq!(truthful(&ends, &pair.counter), Ends { ok: 4, unknown: 1, not_started: 0 });
            let lost = ends.iter().find(|end| end.is_past_its_deadline()).unwrap();
            assert_eq!(pair.counter.runs(lost.id), 0);
            assert_eq!((pair.relay.open(), pair.relay.ended()), (1, 0), "the link has not suffered");
        }
    })
    .await;
}

/// Nothing arrives any more, in one direction or in both; nobody is told. The link is declared dead within 4 s, and the
/// calls that would have waited for longer end with it.
#[tokio::test]
async fn when_all_is_lost_the_link_is_declared_dead() {
    patient(async {
        let ways = [[true, false], [false, true], [true, true]];
        join_all(ways.map(|[calls, replies]| async move {
            let pair = Pair::new().await;
            pair.relay.rule(move |toward, _| {
                let lost = if toward == crate::relay::Toward::Callee { calls } else { replies };
                if lost { Fate::IsLost } else { Fate::Passes }
            });
            let start = tokio::time::Instant::now();
            let ends = join_all((0..10).map(|id| End::of(id, 4_900, pair.pinned.hangs(id)))).await;
            let took = start.elapsed();
            assert!(took <= Duration::from_secs(4), "{took:?}");
            assert!(ends.iter().all(End::has_lost_its_connection), "{ends:?}");
            assert_eq!(truthful(&ends, &pair.counter).unknown, 10);
            let ran = if calls { 0 } else { 10 };
            assert_eq!((0..10).map(|id| pair.counter.runs(id)).sum::<u32>(), ran);
        }))
        .await;
    })
    .await;
}

/// Lost signs of life cost nothing as long as others come.
#[tokio::test]
async fn lost_pings_and_pongs_hurt_no_call() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule(|_, frame| {
            if matches!(frame.kind, kind::PING | kind::PONG) { Fate::IsLost } else { Fate::Passes }
        });
        let mut ends = Vec::new();
        for id in 0..50 {
            ends.push(End::of(id, 400, pair.pinned.slow(id, 90)).await);
        }
        assert_eq!(truthful(&ends, &pair.counter).ok, 50);
        assert_eq!((pair.relay.open(), pair.relay.ended()), (1, 0));
    })
    .await;
}
