use std::sync::Arc;
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, Shard as _, sharded_module};

use crate::Count;

#[derive(Default)]
struct Ledger {
    runs: Count,
}

#[sharded_module]
impl Ledger {
    #[idempotent]
    async fn put(&self) {
        std::mem::forget(self.runs.one());
        std::future::pending::<()>().await;
    }
}

/// That nobody is there for a second try says nothing of the first one.
#[tokio::test(start_paused = true)]
async fn a_call_that_may_have_run_is_not_one_that_did_not_start() {
    let ledger = Arc::new(Ledger::default());
    let given = Arc::clone(&ledger);
    let mut cluster = Cluster::builder()
        .node(shard_runtime::NodeBuilder::client_of::<Ledger>)
        .node(move |node| node.shared_module(given))
        .start()
        .await
        .unwrap();
    let shard =
        cluster.node(0).module::<Ledger>().keyed_shard("key").unwrap().timeout(Duration::from_secs(60));
    let call = tokio::spawn(async move { shard.put().await });
    while ledger.runs.now() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    cluster.kill(1);
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Unknown { .. }), "it ran {} times: {error:?}", ledger.runs.now());
}
