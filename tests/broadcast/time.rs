//! How long a broadcast may take.

use std::time::Duration;

use shard_runtime::{CallError, NotStarted, State, Unknown};
use tokio::time::{Instant, sleep};

use crate::board::Task::{Answer, AnswerAfter};
use crate::board::{all_of, ms, names, nodes, nodes_with, numbered, tasks};

#[tokio::test(start_paused = true)]
async fn a_shorter_time_ends_it_sooner() {
    let (cluster, board) = nodes(3).await;
    let plan = tasks([AnswerAfter(3_000), Answer, AnswerAfter(3_000)]);
    let start = Instant::now();
    let replies = all_of(cluster.node(0)).work(&State::new(), &plan).timeout(ms(200)).await;
    assert!((200..=300).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    assert_eq!(names(replies.values.keys()), numbered([1]));
    assert_eq!(names(replies.errors.keys()), numbered([0, 2]));
    for error in replies.errors.values() {
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error}");
    }
    sleep(ms(5_000)).await;
    assert_eq!(board.finished().len(), 1, "what is past its deadline is dropped over there, too");
}

#[tokio::test(start_paused = true)]
async fn a_longer_time_replaces_the_default() {
    let (cluster, _) = nodes_with(3, |node| node.call_deadline(ms(300))).await;
    let plan = tasks([AnswerAfter(2_000), Answer, AnswerAfter(2_000)]);
    let call = || all_of(cluster.node(0)).work(&State::new(), &plan);
    assert_eq!(call().await.errors.len(), 2);
    assert_eq!(call().timeout(ms(3_000)).all().await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn it_counts_from_the_first_poll() {
    let (cluster, _) = nodes(2).await;
    let call = all_of(cluster.node(0)).time_left(&State::new()).timeout(ms(1_000));
    sleep(ms(4_000)).await;
    for (node, left) in call.all().await.unwrap() {
        assert!((900..=1_000).contains(&left), "{node}: {left}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_time_is_not_started_anywhere() {
    let (cluster, board) = nodes(3).await;
    let replies = all_of(cluster.node(0)).work(&State::new(), &[]).timeout(Duration::ZERO).await;
    assert_eq!(names(replies.errors.keys()), numbered(0..3));
    for error in replies.errors.values() {
        assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Expired, .. }), "{error}");
    }
    assert!(board.started().is_empty());
}

const YEARS: u64 = 3 * 365 * 24 * 60 * 60 * 1_000;

#[tokio::test(start_paused = true)]
async fn all_the_time_there_is_is_three_years() {
    let (cluster, _) = nodes(3).await;
    for timeout in [Duration::MAX, Duration::from_millis(u64::MAX), ms(YEARS)] {
        let left = all_of(cluster.node(0)).time_left(&State::new()).timeout(timeout).all().await.unwrap();
        assert_eq!(left.len(), 3);
        assert!(left.values().all(|left| (YEARS - 1_000..=YEARS).contains(left)), "{left:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_outlasts_the_context_it_is_made_in() {
    let (cluster, _) = nodes(2).await;
    let state = State::new().with_deadline(Instant::now() + ms(700));
    let given = all_of(cluster.node(0)).time_left(&state).timeout(ms(60_000)).all().await.unwrap();
    assert!(given.values().all(|left| *left <= 700), "{given:?}");
    // A handler's own deadline, here the default of 5 s.
    let shard = cluster.node(0).module::<crate::board::Board>().create_shard("key").unwrap();
    let inside = shard.ask_on(&State::new(), 60_000).await.unwrap();
    assert!(inside.iter().all(|left| (4_000..=5_000).contains(left)), "{inside:?}");
    let shorter = shard.ask_on(&State::new(), 300).await.unwrap();
    assert!(shorter.iter().all(|left| *left <= 300), "{shorter:?}");
}
