//! How much may come back.

use futures::StreamExt as _;
use shard_runtime::{CallError, State, Unknown};

use crate::board::{all_of, names, nodes_with, numbered};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn what_does_not_fit_any_more_is_its_nodes_error() {
    let (cluster, board) = nodes_with(5, |node| node.message_limit(5 * MIB)).await;
    let replies = all_of(cluster.node(0)).fill(&State::new(), 4 * MIB - 16).await;
    assert_eq!((replies.values.len(), replies.errors.len()), (4, 1));
    assert_eq!(names(replies.values.keys().chain(replies.errors.keys())), numbered(0..5));
    let error = replies.errors.values().next().unwrap();
    let CallError::Unknown { reason: Unknown::ReplyTooLarge { size, limit }, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(*limit, 16 * MIB as u64);
    assert!((20 * MIB as u64 - 80..=20 * MIB as u64).contains(size), "{size}");
    assert_eq!(board.finished().len(), 5, "it has run there");
}

#[tokio::test]
async fn a_stream_keeps_nothing_and_so_has_no_such_limit() {
    let (cluster, _) = nodes_with(5, |node| node.message_limit(5 * MIB)).await;
    let mut answers = all_of(cluster.node(0)).fill(&State::new(), 4 * MIB - 16).stream();
    let mut sum = 0;
    while let Some((_, answer)) = answers.next().await {
        sum += answer.unwrap().len();
    }
    assert_eq!(sum, 5 * (4 * MIB - 16));
}
