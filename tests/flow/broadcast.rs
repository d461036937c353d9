//! A broadcast whose answers are not all waited for, and one whose answers are streams.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, Incoming, NodeName, State, sharded_module};

use crate::patience::{patient, until};
use crate::works::Works;

/// I11.
const SOON: Duration = Duration::from_secs(1);

/// Asks works of its own node, which hang except on one.
struct Vote(Arc<Works>);

#[sharded_module]
impl Vote {
    async fn answers_on(&self, state: &State, quick: &[String]) -> u64 {
        let here = state.node().map(|node| node.name().to_owned()).unwrap_or_default();
        if quick.contains(&here) {
            return 1;
        }
        self.0.hangs().await;
        0
    }
}

async fn nodes(count: usize) -> (Cluster, Arc<Works>) {
    let works = Arc::new(Works::default());
    let setup = |node: shard_runtime::NodeBuilder| {
        node.shared_module(Arc::clone(&works)).module(Vote(Arc::clone(&works)))
    };
    (Cluster::of(count, setup).await.unwrap(), works)
}

async fn idle(cluster: &Cluster, works: &Works) {
    let is_idle = |counts: shard_runtime::CallCounts| {
        (counts.running, counts.waiting, counts.bytes_in, counts.bytes_out) == (0, 0, 0, 0)
    };
    until(SOON, "all is idle", || works.open() == 0 && cluster.nodes().all(|node| is_idle(node.calls())))
        .await;
}

#[tokio::test]
async fn a_quorum_drops_the_handlers_that_it_does_not_need() {
    patient(async {
        let (cluster, works) = nodes(5).await;
        let quick: Vec<_> = [0, 1, 3].map(|n| format!("node-{n}")).into();
        for node in cluster.nodes() {
            let votes = node.module::<Vote>().create_broadcast();
            let values = votes.answers_on(&State::new(), &quick).quorum(3).await.unwrap();
            assert_eq!(values.into_values().sum::<u64>(), 3);
            idle(&cluster, &works).await;
        }
        // It is dropped itself, while two hang for certain.
        let votes = cluster.node(0).module::<Vote>().create_broadcast();
        let mut call = Box::pin(votes.answers_on(&State::new(), &quick).quorum(4));
        let hanging = until(SOON, "they hang", || works.open() == 2);
        tokio::select! {
            biased;
            _ = hanging => {}
            ended = &mut call => panic!("{ended:?}"),
        }
        drop(call);
        idle(&cluster, &works).await;
    })
    .await;
}

/// How many items came, and the error before the end, if there was one.
async fn read(mut incoming: Incoming<(u64, String)>) -> (u64, Option<CallError>) {
    let (mut count, mut error) = (0, None);
    while let Some(item) = incoming.next().await {
        assert_eq!(error, None, "nothing follows an error but the end");
        match item {
            Ok((n, _)) => {
                assert_eq!(n, count, "in order, without gaps");
                count += 1;
            }
            Err(failed) => error = Some(failed),
        }
    }
    assert!(incoming.next().await.is_none(), "there is one end");
    (count, error)
}

#[tokio::test]
async fn a_stream_of_each_node() {
    patient(async {
        let (cluster, works) = nodes(3).await;
        let all = cluster.node(1).module::<Works>().create_broadcast();
        let streams = all.blocks(5_000, 100).all().await.unwrap();
        assert_eq!(streams.len(), 3);
        assert!(streams.iter().all(|(name, incoming)| incoming.node() == name));
        let read = join_all(streams.into_values().map(read)).await;
        assert_eq!(read, vec![(5_000, None); 3]);
        idle(&cluster, &works).await;
        // Those that are not read end when they are dropped.
        let mut streams = all.blocks(u64::MAX, 100).await;
        assert_eq!((streams.values.len(), streams.errors.len(), works.open()), (3, 0, 3));
        let (_, first) = streams.values.pop_first().unwrap();
        drop(streams);
        until(SOON, "two are dropped", || works.open() == 1).await;
        drop(first);
        idle(&cluster, &works).await;
    })
    .await;
}

#[tokio::test]
async fn the_stream_of_a_node_that_is_killed_ends_with_one_error_and_the_others_go_on() {
    patient(async {
        let (mut cluster, works) = nodes(3).await;
        let all = cluster.node(0).module::<Works>().create_broadcast();
        let mut streams = all.ticks(2, 100).all().await.unwrap();
        for incoming in streams.values_mut() {
            assert_eq!(incoming.next().await.unwrap().unwrap().0, 0);
        }
        cluster.kill(2);
        let mut killed = streams.remove("node-2").unwrap();
        let error = loop {
            match killed.next().await.expect("an error comes before the end") {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
        assert_eq!(error.node().map(NodeName::as_str), Some("node-2"));
        assert!(killed.next().await.is_none() && killed.next().await.is_none());
        for incoming in streams.values_mut() {
            for n in 1..50 {
                assert_eq!(incoming.next().await.unwrap().unwrap().0, n);
            }
        }
        drop(streams);
        idle(&cluster, &works).await;
    })
    .await;
}
