//! Links, seen from inside: how many there are, and what becomes of members when one ends.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::sleep;

use super::Node;
use crate::call::Peer;
use crate::testing::{Cluster, MemoryNetwork};
use crate::transport::Transport;
use crate::trust::Secret;

/// The open links of a node to another, and the one that calls take.
fn links(from: &Node, to: &Node) -> (Vec<Arc<Peer>>, Option<Arc<Peer>>) {
    let all = from.inside().links().into_iter().filter(|link| link.boot == to.boot());
    (all.collect(), from.inside().door.peer(to.boot()))
}

#[tokio::test(start_paused = true)]
async fn two_nodes_that_dial_each_other_at_once_end_up_with_one_link() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let (one, two) = (cluster.node(0), cluster.node(1));
    for delay in [0, 1, 20, 50] {
        cluster.delay(0, 1, Duration::from_millis(delay));
        for _ in 0..5 {
            // Both learn of it at the same moment, and both dial again at once.
            cluster.sever(0, 1);
            sleep(Duration::from_secs(3)).await;
            for (from, to) in [(one, two), (two, one)] {
                let (all, current) = links(from, to);
                assert_eq!(all.len(), 1, "open links from {} at {delay} ms", from.name());
                assert!(Arc::ptr_eq(&all[0], &current.expect("calls have a link")));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_whose_link_ended_on_one_side_only_is_found_again() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let (one, two) = (cluster.node(0), cluster.node(1));
    cluster.delay(0, 1, Duration::from_millis(50));
    for (from, to) in [(one, two), (two, one)] {
        for _ in 0..5 {
            cluster.sever(0, 1);
            sleep(Duration::from_secs(3)).await;
            let boots = from.members().iter().map(|member| member.boot).collect::<Vec<_>>();
            links(from, to).1.expect("calls have a link").close();
            for _ in 0..300 {
                sleep(Duration::from_millis(10)).await;
                let now = from.members().iter().map(|member| member.boot).collect::<Vec<_>>();
                assert_eq!(now, boots, "{} lost a living member", from.name());
            }
            assert!(links(from, to).1.is_some());
        }
    }
}

#[tokio::test]
async fn a_link_that_nobody_runs_is_closed() {
    let cluster = Cluster::of(2, |node| node).await.unwrap();
    let inner = cluster.node(0).inside();
    let stream = inner.transport.dial("elsewhere:1", "node-1:1", Duration::from_secs(1)).await.unwrap();
    let (all, _) = links(cluster.node(0), cluster.node(1));
    for link in all {
        link.close();
    }
    let link = super::link::dialled(inner, stream).await.unwrap();
    let peer = Arc::clone(&link.peer);
    super::peers::enter(inner, &link);
    // What happens to the task that runs it when the node stops meanwhile.
    drop(super::peers::serve(inner, link));
    assert!(!peer.is_open());
}
