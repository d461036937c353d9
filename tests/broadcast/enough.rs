//! As many values as are enough.

use shard_runtime::State;
use tokio::time::Instant;

use crate::board::Task::{Answer, AnswerAfter, Fail, FailAfter};
use crate::board::{all_of, names, nodes, numbered, tasks};

#[tokio::test(start_paused = true)]
async fn a_quorum_does_not_wait_for_the_slow_ones() {
    let (cluster, board) = nodes(5).await;
    let plan = tasks([AnswerAfter(3_000), Answer, Answer, Fail, AnswerAfter(50)]);
    for node in cluster.nodes() {
        let start = Instant::now();
        let values = all_of(node).work(&State::new(), &plan).quorum(3).await.unwrap();
        assert_eq!(names(values.keys()), numbered([1, 2, 4]));
        assert!((50..1_000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    }
    // Node 0 has dropped its own part with the call.
    assert_eq!(board.started()["node-0"], 5);
    assert_eq!(board.finished().get("node-0"), None);
}

#[tokio::test(start_paused = true)]
async fn a_quorum_that_cannot_be_reached_fails_at_once() {
    let (cluster, _) = nodes(5).await;
    let plan = tasks([AnswerAfter(3_000), Fail, FailAfter(50), Answer, Fail]);
    for node in cluster.nodes() {
        let start = Instant::now();
        let error = all_of(node).work(&State::new(), &plan).quorum(3).await.unwrap_err();
        assert!((50..1_000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        assert_eq!(names(error.replies.errors.keys()), numbered([1, 2, 4]));
        assert_eq!(names(error.replies.values.keys()), numbered([3]));
        assert_eq!(names(error.replies.unanswered()), numbered([0]));
        assert_eq!(
            error.to_string(),
            "1 of 5 nodes answered with a value, 3 were needed: node `node-1`: there is no room"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_quorum_of_none_or_of_more_than_there_are_calls_nobody() {
    let (cluster, board) = nodes(3).await;
    let all = all_of(cluster.node(0));
    assert!(all.work(&State::new(), &[]).quorum(0).await.unwrap().is_empty());
    let error = all.work(&State::new(), &[]).quorum(4).await.unwrap_err();
    assert_eq!((error.needed, error.replies.unanswered().count()), (4, 3));
    assert_eq!(all.work(&State::new(), &[]).first(0).await.unanswered().count(), 3);
    assert!(board.started().is_empty());
    let call = all.work(&State::new(), &[]);
    let most = call.nodes().len();
    assert_eq!(call.quorum(most).await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn first_gives_the_quickest_and_the_errors_until_then() {
    let (cluster, _) = nodes(5).await;
    let plan = tasks([AnswerAfter(3_000), AnswerAfter(100), FailAfter(50), FailAfter(200), Answer]);
    for node in cluster.nodes() {
        let start = Instant::now();
        let replies = all_of(node).work(&State::new(), &plan).first(2).await;
        assert!((100..200).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        assert_eq!(names(replies.values.keys()), numbered([1, 4]));
        assert_eq!(names(replies.errors.keys()), numbered([2]));
        assert_eq!(names(replies.unanswered()), numbered([0, 3]));
        assert_eq!(names(&replies.nodes), numbered(0..5));
    }
}

#[tokio::test(start_paused = true)]
async fn first_gives_fewer_when_fewer_come() {
    let (cluster, _) = nodes(3).await;
    let plan = tasks([Fail, Answer, AnswerAfter(100)]);
    let replies = all_of(cluster.node(2)).work(&State::new(), &plan).first(3).await;
    assert_eq!(names(replies.values.keys()), numbered([1, 2]));
    assert_eq!(names(replies.errors.keys()), numbered([0]));
}
