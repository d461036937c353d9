use std::sync::Arc;
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{Shard as _, State, sharded_module};
use tokio::time::sleep;

use crate::Count;

#[derive(Default)]
struct Worker {
    runs: Count,
}

#[sharded_module]
impl Worker {
    #[blocking]
    fn crunch(&self, millis: u64) {
        std::mem::forget(self.runs.one());
        std::thread::sleep(Duration::from_millis(millis));
    }

    fn quick(&self) -> u8 {
        1
    }

    /// Outlives its caller, and needs somebody else's help.
    #[detached]
    async fn saves(&self, state: &State) {
        sleep(Duration::from_millis(300)).await;
        let other = state.module::<Worker>().create_shard("other").unwrap();
        if other.quick().await.is_ok() {
            std::mem::forget(self.runs.one());
        }
    }
}

/// As the guide says: one that was still waiting for a thread does not go on.
#[test]
fn a_blocking_call_that_waits_for_a_thread_stops_with_its_caller() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        for caller in 0..2 {
            let worker = Arc::new(Worker::default());
            let given = Arc::clone(&worker);
            let cluster = Cluster::builder()
                .node(shard_runtime::NodeBuilder::client_of::<Worker>)
                .node(move |node| node.shared_module(given))
                .start()
                .await
                .unwrap();
            let shard = cluster.node(caller).module::<Worker>().create_shard("key").unwrap();
            let first = tokio::spawn({
                let shard = shard.clone();
                async move { shard.crunch(300).await }
            });
            while worker.runs.now() == 0 {
                sleep(Duration::from_millis(1)).await;
            }
            assert!(tokio::time::timeout(Duration::from_millis(50), shard.crunch(1)).await.is_err());
            first.await.unwrap().unwrap();
            sleep(Duration::from_millis(100)).await;
            assert_eq!(worker.runs.now(), 1, "from node {caller}");
        }
    });
}

/// "Runs to its end, also when the caller has gone or the time is up": with what it calls.
#[tokio::test(start_paused = true)]
async fn a_detached_method_can_call_others_when_its_callers_time_is_up() {
    let worker = Arc::new(Worker::default());
    let given = Arc::clone(&worker);
    let cluster = Cluster::builder()
        .node(shard_runtime::NodeBuilder::client_of::<Worker>)
        .node(move |node| node.shared_module(given))
        .start()
        .await
        .unwrap();
    let shard = cluster.node(0).module::<Worker>().create_shard("key").unwrap();
    shard.timeout(Duration::from_millis(100)).saves(&State::new()).await.unwrap_err();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(worker.runs.now(), 1);
}

/// What would not travel shows on one machine as well.
#[tokio::test(start_paused = true)]
async fn force_wire_minds_the_context_too() {
    let cluster = Cluster::of(2, |node| node.module(Worker::default()).force_wire(true)).await.unwrap();
    let state = State::new().with_actor("x".repeat(State::MAX_ACTOR + 1));
    let modules = cluster.node(0).module::<Worker>();
    let remote = cluster.node(1).module::<Worker>().local_shard().unwrap();
    let remote = modules.get_shard(&remote).unwrap();
    let here = modules.local_shard().unwrap();
    let outcomes = [state.clone().scope(remote.quick()).await, state.scope(here.quick()).await];
    assert_eq!(outcomes.map(|outcome| outcome.is_ok()), [false, false]);
}

/// Its time runs from when it is awaited.
#[tokio::test(start_paused = true)]
async fn a_broadcast_that_was_prepared_long_ago_has_time() {
    let cluster = Cluster::of(2, |node| node.module(Worker::default())).await.unwrap();
    let call = cluster.node(0).module::<Worker>().create_broadcast().quick();
    sleep(Duration::from_secs(10)).await;
    let replies = call.await;
    assert_eq!(replies.values.len(), 2, "{:?}", replies.errors);
}
