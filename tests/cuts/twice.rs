//! Frames that are there two times.

use futures::future::join_all;

use crate::frame::kind;
use crate::pair::Pair;
use crate::patience::patient;
use crate::relay::Fate;
use crate::verdict::{End, truthful};

#[tokio::test]
async fn of_two_replies_the_first_counts() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::REPLY, |_| Fate::IsDoubled);
        let ends = crate::script::run(&pair).await;
        assert_eq!(truthful(&ends, &pair.counter).ok, 20);
        // The second replies come to places that have been taken again.
        let ends = join_all((20..80).map(|id| End::of(id, 1_000, pair.pinned.slow(id, id % 7)))).await;
        assert_eq!(truthful(&ends, &pair.counter).ok, 60);
        assert_eq!((pair.relay.open(), pair.relay.ended()), (1, 0));
    })
    .await;
}

/// I1, whatever the network does.
#[tokio::test]
async fn of_two_calls_of_one_id_one_runs_when_it_is_ready_at_once() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::CALL, |_| Fate::IsDoubled);
        let mut ends = Vec::new();
        for id in 0..10 {
            ends.push(End::of(id, 1_000, pair.pinned.quick(id)).await);
        }
        pair.idle().await;
        truthful(&ends, &pair.counter);
    })
    .await;
}

/// I1, whatever the network does.
#[tokio::test]
async fn of_two_calls_of_one_id_one_runs_when_it_takes_time() {
    patient(async {
        let pair = Pair::new().await;
        pair.relay.rule_for(kind::CALL, |_| Fate::IsDoubled);
        let slow = join_all((0..10).map(|id| End::of(id, 1_000, pair.pinned.slow(id, 20)))).await;
        let blocking = join_all((10..20).map(|id| End::of(id, 1_000, pair.keyed.blocking(id)))).await;
        pair.idle().await;
        truthful(&slow, &pair.counter);
        truthful(&blocking, &pair.counter);
    })
    .await;
}
