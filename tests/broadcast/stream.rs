//! Answers as they come.

use futures::StreamExt as _;
use futures::stream::FusedStream as _;
use shard_runtime::State;
use tokio::time::{Instant, sleep, timeout};

use crate::board::Task::{Answer, AnswerAfter, Fail, FailAfter};
use crate::board::{all_of, ms, names, nodes, numbered, tasks};

#[tokio::test(start_paused = true)]
async fn each_comes_when_it_is_there_and_once() {
    let (cluster, _) = nodes(5).await;
    let plan =
        tasks([AnswerAfter(400), AnswerAfter(100), FailAfter(300), AnswerAfter(200), AnswerAfter(6_000)]);
    for node in cluster.nodes() {
        let mut answers = all_of(node).work(&State::new(), &plan).stream();
        assert_eq!(names(answers.nodes()), numbered(0..5));
        let (start, mut order) = (Instant::now(), Vec::new());
        while let Some((node, answer)) = answers.next().await {
            let due = [100, 200, 300, 400, 5_000][order.len()];
            let millis = start.elapsed().as_millis();
            assert!((due..due + 100).contains(&millis), "{node} after {millis} ms");
            order.push((node.to_string(), answer.is_ok()));
        }
        let expected = [(1, true), (3, true), (2, false), (0, true), (4, false)];
        let expected = expected.map(|(node, is_ok)| (format!("node-{node}"), is_ok));
        assert_eq!(order, expected);
        assert!(answers.is_terminated());
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_it_ends_what_runs() {
    let (cluster, board) = nodes(3).await;
    let plan = tasks([AnswerAfter(500), Answer, Fail]);
    let mut answers = all_of(cluster.node(0)).work(&State::new(), &plan).stream();
    let quick = [answers.next().await.unwrap().0, answers.next().await.unwrap().0];
    assert_eq!(names(&quick), numbered([1, 2]));
    assert_eq!(board.started().len(), 3);
    drop(answers);
    sleep(ms(2_000)).await;
    assert_eq!(board.finished().into_keys().collect::<Vec<_>>(), ["node-1"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_called_before_it_is_polled() {
    let (cluster, board) = nodes(2).await;
    let answers = all_of(cluster.node(0)).work(&State::new(), &[]).timeout(ms(100)).stream();
    sleep(ms(1_000)).await;
    assert!(board.started().is_empty());
    // Nor does its time run.
    assert!(answers.all(async |(_, answer)| answer.is_ok()).await);
    assert_eq!(board.finished().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn this_nodes_part_goes_on_while_nobody_takes_an_answer() {
    let (cluster, board) = nodes(3).await;
    let mut answers = all_of(cluster.node(0)).holds_the_lock(&State::new(), "node-0", 300).stream();
    let (node, answer) = answers.next().await.unwrap();
    assert!(!answer.unwrap(), "{node} answers before this one");
    // This node's method has the lock now, and has to give it back without being polled by this task.
    let lock = timeout(ms(2_000), board.lock()).await.expect("this node's part stands still");
    drop(lock);
    let rest: Vec<_> = answers.map(|(_, answer)| answer.unwrap()).collect().await;
    assert_eq!(rest.iter().filter(|holds| **holds).count(), 1);
}
