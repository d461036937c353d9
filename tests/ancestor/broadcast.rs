//! M53 to M56 and M59 to M61: one call to all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, Node, NodeBuilder, NotStarted};
use tokio::time::Instant;

use crate::fixture::{Arena, ArenaError, Bed, patient, tcp, until};

fn names<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> BTreeSet<String> {
    nodes.into_iter().map(|node| node.name().to_owned()).collect()
}

fn keys<T>(map: &BTreeMap<shard_runtime::NodeName, T>) -> BTreeSet<String> {
    map.keys().map(ToString::to_string).collect()
}

/// A cluster in memory and one over TCP.
async fn both(size: usize, test: impl AsyncFn(&[Node], &[std::sync::Arc<Arena>])) {
    patient(async {
        let bed = Bed::of(size).await;
        let nodes: Vec<_> = bed.cluster.nodes().cloned().collect();
        test(&nodes, &bed.arenas).await;
        let (nodes, arenas) = tcp(size).await;
        test(&nodes, &arenas).await;
    })
    .await;
}

#[tokio::test]
async fn m53_a_broadcast_brings_a_result_of_every_node_by_its_name() {
    both(4, async |nodes, arenas| {
        for node in nodes {
            let replies = node.module::<Arena>().create_broadcast().label().await;
            assert_eq!(keys(&replies.values), names(nodes));
            assert!(replies.values.iter().all(|(name, label)| name.as_str() == label));
        }
        assert!(arenas.iter().all(|arena| arena.runs("label") == 4));
    })
    .await;
}

#[tokio::test]
async fn m54_when_all_succeed_there_are_no_errors() {
    both(3, async |nodes, _| {
        let (errors, values) = nodes[1].module::<Arena>().create_broadcast().fails_on(&[]).await.into_parts();
        assert!(errors.is_empty());
        assert_eq!(values.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn m55_one_nodes_error_is_under_its_name_beside_the_others_results() {
    both(3, async |nodes, arenas| {
        for failing in nodes {
            let fails_on = [failing.name().to_owned()];
            let replies = nodes[0].module::<Arena>().create_broadcast().fails_on(&fails_on).await;
            assert_eq!(keys(&replies.errors), names([failing]));
            assert_eq!(
                keys(&replies.values),
                names(nodes.iter().filter(|node| node.name() != failing.name()))
            );
            let error = replies.errors.values().next().unwrap();
            assert_eq!(error.module(), Some(&ArenaError::Inner(failing.name().to_owned())));
        }
        assert!(arenas.iter().all(|arena| arena.runs("fails_on") == 3));
    })
    .await;
}

#[tokio::test]
async fn m55_a_panic_on_one_node_is_its_error() {
    both(2, async |nodes, arenas| {
        let replies = nodes[0].module::<Arena>().create_broadcast().panics_in_line().await;
        assert_eq!(keys(&replies.errors), names(nodes));
        for (name, error) in &replies.errors {
            let expected = format!("{name} is on fire");
            assert!(matches!(error, CallError::Panicked { message, .. } if *message == expected), "{error}");
        }
        assert!(arenas.iter().all(|arena| arena.runs("panics_in_line") == 1));
    })
    .await;
}

#[tokio::test]
async fn m56_when_all_fail_the_broadcast_itself_does_not() {
    both(3, async |nodes, _| {
        let fails_on: Vec<_> = nodes.iter().map(|node| node.name().to_owned()).collect();
        let replies = nodes[0].module::<Arena>().create_broadcast().fails_on(&fails_on).await;
        assert_eq!(keys(&replies.errors), names(nodes));
        assert!(replies.values.is_empty());
        assert_eq!(replies.len(), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m59_a_node_that_cannot_be_reached_keeps_nobody_elses_result() {
    patient(async {
        let bed = Bed::of(3).await;
        // The connection is gone and does not come back; the node is still a member.
        bed.cluster.cut(0, 2);
        bed.cluster.sever(0, 2);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let replies = bed.node(0).module::<Arena>().create_broadcast().label().await;
        assert_eq!(keys(&replies.errors), names([bed.node(2)]));
        assert_eq!(keys(&replies.values), names([bed.node(0), bed.node(1)]));
        let error = replies.errors.values().next().unwrap();
        assert!(
            matches!(error, CallError::NotStarted { reason: NotStarted::NotConnected { .. }, .. }),
            "{error}"
        );
        assert_eq!(bed.arena(2).all_runs(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m59_a_node_that_does_not_answer_is_an_error_at_the_deadline() {
    patient(async {
        let bed = Bed::with(3, |node| node.call_deadline(Duration::from_millis(700))).await;
        bed.cluster.cut(0, 1);
        let start = Instant::now();
        let replies = bed.node(0).module::<Arena>().create_broadcast().label().await;
        let took = start.elapsed();
        assert!((700..=800).contains(&took.as_millis()), "{took:?}");
        assert_eq!(keys(&replies.errors), names([bed.node(1)]));
        assert_eq!(keys(&replies.values), names([bed.node(0), bed.node(2)]));
    })
    .await;
}

#[tokio::test]
async fn m60_a_broadcast_covers_those_who_were_there_when_it_started() {
    patient(async {
        let mut bed = Bed::of(3).await;
        bed.cluster.kill(2);
        bed.cluster.settled().await;
        let broadcast = bed.node(0).module::<Arena>().create_broadcast();
        let running = tokio::spawn(async move { broadcast.work(7).await });
        until(Duration::from_secs(5), "it runs", || {
            bed.arenas[..2].iter().all(|arena| arena.runs("work") == 1)
        })
        .await;
        bed.restart(2).await.unwrap();
        bed.cluster.settled().await;
        bed.arenas.iter().for_each(|arena| arena.release(1));
        let replies = running.await.unwrap();
        assert_eq!(keys(&replies.values), names([bed.node(0), bed.node(1)]));
        assert!(replies.errors.is_empty());
        assert_eq!((bed.arena(0).finished(), bed.arena(2).all_runs()), (vec![7], 0));
        let next = bed.node(0).module::<Arena>().create_broadcast().label().await;
        assert_eq!(next.values.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn m61_without_a_result_each_node_has_an_entry_for_its_success() {
    both(3, async |nodes, arenas| {
        let replies = nodes[2].module::<Arena>().create_broadcast().nothing().await;
        assert_eq!(keys(&replies.values), names(nodes));
        assert!(replies.values.len() == nodes.len());
        assert!(replies.errors.is_empty());
        assert!(arenas.iter().all(|arena| arena.runs("nothing") == 1));
    })
    .await;
}

#[tokio::test]
async fn a_broadcast_goes_to_hosts_only() {
    patient(async {
        let (one, two) = (Arena::new("node-1"), Arena::new("node-2"));
        let cluster = Cluster::builder()
            .node(NodeBuilder::client_of::<Arena>)
            .node(move |node| node.shared_module(one))
            .node(move |node| node.shared_module(two));
        let cluster = cluster.start().await.unwrap();
        let replies = cluster.node(0).module::<Arena>().create_broadcast().label().await;
        assert_eq!(keys(&replies.values), names([cluster.node(1), cluster.node(2)]));
    })
    .await;
}
