//! What becomes of calls to a boot that its node has given up.

use std::sync::Arc;
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, NotStarted, Shard, Unknown};
use tokio::time::{advance, sleep, timeout};

use crate::module::Ledger;

/// Long enough for another boot, shorter than any deadline here.
const PAUSE: Duration = Duration::from_secs(3);

async fn pair() -> (Cluster, [Arc<Ledger>; 2]) {
    let ledgers = [Arc::new(Ledger::default()), Arc::new(Ledger::default())];
    let add = |cluster: shard_runtime::testing::ClusterBuilder, ledger: &Arc<Ledger>| {
        let ledger = Arc::clone(ledger);
        cluster.node(move |node| node.shared_module(ledger))
    };
    let cluster = ledgers.iter().fold(Cluster::builder(), add).start().await.unwrap();
    (cluster, ledgers)
}

fn is_gone<T>(outcome: &Result<T, CallError>) -> bool {
    matches!(outcome, Err(CallError::NotStarted { reason: NotStarted::BootGone, .. }))
}

#[tokio::test(start_paused = true)]
async fn shards_of_the_old_boot_fail_as_not_started_and_keyed_ones_go_on() {
    let (cluster, ledgers) = pair().await;
    let here = cluster.node(1).module::<Ledger>().local_shard().unwrap();
    let there = cluster.node(0).module::<Ledger>().get_shard(&here).unwrap();
    let token = Shard::token(&here).mint();
    assert!(here.runs(0).await.is_ok() && there.runs(0).await.is_ok());
    let waiting = tokio::spawn({
        let there = there.clone();
        async move { there.wait(60_000).await }
    });
    sleep(Duration::from_millis(100)).await;
    assert_eq!(cluster.node(1).running(), 1);
    let old = cluster.node(1).boot();
    advance(PAUSE).await;
    sleep(Duration::from_millis(500)).await;
    timeout(Duration::from_secs(10), cluster.settled()).await.expect("all see the new boots");
    assert_ne!(cluster.node(1).boot(), old);

    let lost = waiting.await.unwrap().unwrap_err();
    assert!(matches!(lost, CallError::Unknown { reason: Unknown::ConnectionLost, .. }), "{lost:?}");
    assert_eq!(cluster.node(1).running(), 0, "i11: its caller has been told, and nobody waits for it");
    let again = cluster.node(0).module::<Ledger>().get_shard(&token).unwrap();
    for shard in [&here, &there, &again] {
        assert_eq!(shard.boot(), Some(old));
        assert!(is_gone(&shard.note(&shard_runtime::State::new(), 1).await));
    }
    assert!(ledgers.iter().all(|ledger| ledger.all().is_empty()));
    for key in 0..100 {
        for node in cluster.nodes() {
            node.module::<Ledger>().keyed_shard(key).unwrap().wait(1).await.unwrap();
        }
    }
}

/// Nothing else runs between the end of the pause and the call.
#[tokio::test]
async fn a_call_is_what_notices_the_pause_when_it_comes_first() {
    let (cluster, ledgers) = pair().await;
    let here = cluster.node(0).module::<Ledger>().local_shard().unwrap();
    let state = shard_runtime::State::new();
    let old = cluster.node(0).boot();
    std::thread::sleep(Duration::from_millis(2_600));
    assert!(is_gone(&here.note(&state, 1).await));
    assert_ne!(cluster.node(0).boot(), old);
    assert!(ledgers[0].all().is_empty());
}
