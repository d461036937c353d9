//! Clusters in which one node has not heard of what all others know.

use std::sync::Arc;

use shard_runtime::testing::Cluster;
use shard_runtime::{MemberState, Node, Plan};
use tokio::time::sleep;

use crate::ledger::{Ledger, ms, nodes, restart, until};

/// What becomes of the last of four nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Join,
    Drain,
    Death,
}

impl Change {
    /// What has happened, as one of the other nodes sees it.
    fn is_seen_by(self, node: &Node) -> bool {
        let state = node.view().get("node-3").map(|member| member.state);
        match self {
            Self::Join => state == Some(MemberState::Active),
            Self::Drain => state == Some(MemberState::Draining),
            Self::Death => state.is_none(),
        }
    }

    /// A key that the first of these nodes owns before it, and the second one afterwards.
    pub(crate) fn key(self, before: &str, after: &str) -> u64 {
        let names = ["node-0", "node-1", "node-2", "node-3"];
        let [few, all] = [Plan::new(names[..3].iter().copied()), Plan::new(names)];
        let [old, new] = if self == Self::Join { [few, all] } else { [all, few] };
        let moves = |key: &u64| old.owner(*key) == Some(before) && new.owner(*key) == Some(after);
        (0..1_000_000).find(moves).unwrap()
    }
}

/// A cluster in which that has happened, and one of the first three nodes has not heard of it while the other
/// two have. News reaches it in no other way than by a view sync for 200 ms at least.
pub(crate) async fn unheard(change: Change, behind: usize) -> (Cluster, Arc<Ledger>) {
    let (mut cluster, ledger) = nodes(4).await;
    match change {
        Change::Join => {
            cluster.kill(3);
            cluster.settled().await;
            cluster.hold_news(behind);
            restart(&mut cluster, 3, &ledger).await;
        }
        Change::Drain => {
            // The drain is told over links for calls as well.
            cluster.delay(behind, 3, ms(300));
            cluster.hold_news(behind);
            let leaver = cluster.node(3).clone();
            tokio::spawn(async move { leaver.drain().await });
        }
        Change::Death => {
            // It is not to find out by itself.
            cluster.cut(behind, 3);
            cluster.hold_news(behind);
            cluster.kill(3);
        }
    }
    let others = (0..3).filter(|index| *index != behind);
    let heard = || others.clone().all(|index| change.is_seen_by(cluster.node(index)));
    until(ms(5_000), "the others have heard of it", heard).await;
    sleep(ms(1)).await;
    assert!(!change.is_seen_by(cluster.node(behind)), "{change:?}: the views differ");
    assert_eq!(cluster.nodes().map(Node::view_syncs).sum::<u64>(), 0);
    (cluster, ledger)
}
