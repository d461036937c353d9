//! Those nodes only that have a role.

use std::sync::Arc;

use shard_runtime::State;
use shard_runtime::testing::Cluster;

use crate::board::{Board, all_of, names, numbered};

async fn with_roles(roles: &'static [&'static [&'static str]]) -> (Cluster, Arc<Board>) {
    let board = Arc::new(Board::default());
    let cluster = roles.iter().fold(Cluster::builder(), |cluster, roles| {
        let board = Arc::clone(&board);
        cluster.node(move |node| node.shared_module(board).roles(roles.iter().copied()))
    });
    (cluster.start().await.unwrap(), board)
}

#[tokio::test(start_paused = true)]
async fn only_those_with_the_role_are_called() {
    let (cluster, board) = with_roles(&[&["match"], &["lobby"], &["lobby", "match"], &[]]).await;
    for node in cluster.nodes() {
        let call = all_of(node).work(&State::new(), &[]).only("match");
        assert_eq!(names(call.nodes()), numbered([0, 2]));
        let replies = call.await;
        assert_eq!(names(&replies.nodes), numbered([0, 2]));
        assert_eq!(names(replies.values.keys()), numbered([0, 2]));
    }
    assert_eq!(board.started().into_iter().collect::<Vec<_>>(), [("node-0".into(), 4), ("node-2".into(), 4)]);
}

#[tokio::test(start_paused = true)]
async fn two_roles_are_both_asked_for_and_an_unknown_one_nobody_has() {
    let (cluster, _) = with_roles(&[&["match"], &["lobby"], &["lobby", "match"]]).await;
    let all = all_of(cluster.node(0));
    let both = all.work(&State::new(), &[]).only("match").only("lobby").all().await.unwrap();
    assert_eq!(names(both.keys()), numbered([2]));
    assert!(all.work(&State::new(), &[]).only("matc").await.is_empty());
    let error = all.work(&State::new(), &[]).only("match").quorum(3).await.unwrap_err();
    assert_eq!(names(&error.replies.nodes), numbered([0, 2]));
}
