//! A link that is dialled again is cut at each frame of its handshake, until it gets through.

use futures::future::join_all;

use crate::frame::{HEADER, kind};
use crate::pair::Pair;
use crate::patience::{patient, until};
use crate::relay::Fate;
use crate::verdict::{End, truthful};
use std::time::Duration;

async fn cut_at(wanted: u8, after: usize) {
    let pair = Pair::new().await;
    pair.relay.rule_for(wanted, move |count| if count == 1 { Fate::IsCut(after) } else { Fate::Passes });
    let before = pair.relay.ended();
    pair.relay.cut();
    let mut ends = Vec::new();
    let mut id = 0;
    // The first connection, and the one whose handshake is cut.
    while pair.relay.ended() < before + 2 && id < 200 {
        let shard = if id % 2 == 0 { &pair.pinned } else { &pair.keyed };
        ends.push(End::of(id, 100, shard.quick(id)).await);
        id += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until(Duration::from_secs(5), "it was cut", || pair.relay.ended() >= before + 2).await;
    pair.connected().await;
    ends.push(End::of(id, 500, pair.pinned.quick(id)).await);
    pair.idle().await;
    truthful(&ends, &pair.counter);
    assert_eq!(ends.last().unwrap().outcome, Ok(crate::counter::Counter::answer(id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_each_of_its_frames() {
    patient(async {
        let kinds = [kind::HELLO, kind::CHALLENGE, kind::PROOF, kind::ACCEPT, kind::TABLES];
        let cuts =
            kinds.into_iter().flat_map(|kind| [0, HEADER / 2, HEADER + 1, usize::MAX].map(|at| (kind, at)));
        let tests = cuts.map(|(kind, at)| tokio::spawn(cut_at(kind, at)));
        for end in join_all(tests).await {
            end.unwrap();
        }
    })
    .await;
}
