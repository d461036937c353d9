//! Every node's answer, whatever became of it.

use std::sync::atomic::Ordering;

use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, NodeBuilder, Replies, State, Unknown};
use tokio::time::{Instant, sleep};

use crate::board::Task::{Answer, AnswerAfter, Fail, FailAfter, Panic};
use crate::board::{Board, ENCODED, NoRoom, Note, all_of, ms, names, nodes, nodes_with, numbered, tasks};

/// I13: each node that was addressed is there once, here or there.
fn assert_each_once<T, E>(replies: &Replies<T, E>, count: usize) {
    assert_eq!(names(&replies.nodes), numbered(0..count));
    assert_eq!(replies.values.len() + replies.errors.len(), count);
    assert_eq!(names(replies.values.keys().chain(replies.errors.keys())), numbered(0..count));
    assert_eq!((replies.unanswered().count(), replies.len()), (0, count));
}

#[tokio::test(start_paused = true)]
async fn all_gives_every_nodes_value() {
    let (cluster, board) = nodes(5).await;
    let plan = tasks([Answer, AnswerAfter(300), Answer, Answer, AnswerAfter(20)]);
    for node in cluster.nodes() {
        let values = all_of(node).work(&State::new(), &plan).all().await.unwrap();
        assert_eq!(names(values.keys()), numbered(0..5));
        assert!(values.iter().all(|(node, number)| *node == format!("node-{number}").as_str()));
    }
    assert!(board.started().values().all(|runs| *runs == 5));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_fails_all_when_the_last_has_answered() {
    let (cluster, board) = nodes(5).await;
    let plan = tasks([AnswerAfter(300), Answer, Fail, Answer, Answer]);
    let start = Instant::now();
    let error = all_of(cluster.node(1)).work(&State::new(), &plan).all().await.unwrap_err();
    assert!(start.elapsed() >= ms(300), "nobody is cut short because another has failed");
    assert_each_once(&error.replies, 5);
    assert_eq!(names(error.replies.errors.keys()), numbered([2]));
    assert_eq!(error.replies.errors["node-2"].module(), Some(&NoRoom));
    assert_eq!(error.needed, 5);
    assert_eq!(
        error.to_string(),
        "4 of 5 nodes answered with a value, 5 were needed: node `node-2`: there is no room"
    );
    assert_eq!(board.finished().len(), 4);
    // It is an error like others.
    let error: Box<dyn std::error::Error + Send + Sync> = error.into();
    assert!(error.to_string().starts_with("4 of 5"));
}

#[tokio::test(start_paused = true)]
async fn with_no_host_it_is_empty_and_its_quorum_an_error() {
    let cluster = Cluster::of(2, NodeBuilder::client_of::<Board>).await.unwrap();
    let (board, state) = (all_of(cluster.node(0)), State::new());
    let replies = board.work(&state, &[]).await;
    assert!(replies.is_empty() && replies.values.is_empty() && replies.errors.is_empty());
    assert!(board.work(&state, &[]).all().await.unwrap().is_empty());
    let error = board.work(&state, &[]).quorum(1).await.unwrap_err();
    assert_eq!(error.to_string(), "0 of 0 nodes answered with a value, 1 was needed");
    assert!(board.work(&state, &[]).quorum(0).await.unwrap().is_empty());
    assert!(board.work(&state, &[]).first(1).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_killed_meanwhile_is_unknown_and_takes_nobodys_value_away() {
    let (mut cluster, board) = nodes(5).await;
    let plan = tasks([AnswerAfter(400), AnswerAfter(400), AnswerAfter(400), Fail, Panic]);
    let call = all_of(cluster.node(0)).work(&State::new(), &plan);
    let running = tokio::spawn(call.into_future());
    while board.started().len() < 5 {
        sleep(ms(1)).await;
    }
    cluster.kill(2);
    let replies = running.await.unwrap();
    assert_each_once(&replies, 5);
    assert_eq!(names(replies.values.keys()), numbered([0, 1]));
    let lost = &replies.errors["node-2"];
    assert!(matches!(lost, CallError::Unknown { reason: Unknown::ConnectionLost, .. }), "{lost}");
    assert_eq!(replies.errors["node-3"].module(), Some(&NoRoom));
    assert!(matches!(replies.errors["node-4"], CallError::Panicked { .. }));
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_them_each_is_there_once() {
    let (cluster, board) = nodes_with(5, |node| node.call_deadline(ms(250))).await;
    let kinds = [Answer, Fail, Panic, AnswerAfter(5), FailAfter(5), AnswerAfter(1_000)];
    for round in 0..40 {
        let plan = tasks((0..5).map(|node| kinds[(round * 7 + node * (1 + round % 5)) % kinds.len()]));
        let call = all_of(cluster.node(round % 5)).work(&State::new(), &plan);
        let running = tokio::spawn(call.into_future());
        match round % 4 {
            0 => {}
            1 => cluster.sever(round % 5, (round + 1) % 5),
            2 => {
                sleep(ms(1)).await;
                cluster.sever(round % 5, (round + 2) % 5);
            }
            _ => cluster.cut(round % 5, (round + 3) % 5),
        }
        let replies = running.await.unwrap();
        assert_each_once(&replies, 5);
        for (node, number) in &replies.values {
            assert_eq!(*node, plan[*number].0.as_str());
            assert!(matches!(plan[*number].1, Answer | AnswerAfter(5)), "{:?}", plan[*number]);
        }
        cluster.heal(round % 5, (round + 3) % 5);
        cluster.settled().await;
    }
    assert!(board.started().values().all(|runs| *runs <= 40));
}

#[tokio::test(start_paused = true)]
async fn arguments_are_encoded_once_for_all() {
    let (cluster, board) = nodes(5).await;
    let before = ENCODED.load(Ordering::SeqCst);
    let values = all_of(cluster.node(0)).read(&State::new(), &Note(9)).all().await.unwrap();
    assert_eq!(values.into_values().collect::<Vec<_>>(), [9; 5]);
    assert_eq!(ENCODED.load(Ordering::SeqCst) - before, 1);
    assert_eq!(board.finished().len(), 5);
}
