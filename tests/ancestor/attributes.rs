//! M24, M37, M57 and M58: values of modules. M27 is shown by the compiler, in `tests/ui/use`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shard_runtime::testing::Cluster;
use shard_runtime::{Attribute, CallError, NodeBuilder, sharded_module};

use crate::fixture::patient;

#[derive(Default)]
struct Board {
    motd: Attribute<String>,
    torn: AtomicBool,
}

#[sharded_module]
impl Board {
    #[attribute]
    fn motd(&self) -> &Attribute<String> {
        assert!(!self.torn.load(Ordering::Acquire), "the board is torn");
        &self.motd
    }
}

/// Three boards, each with its node's name on it.
async fn boards() -> (Cluster, Vec<Arc<Board>>) {
    let boards: Vec<_> = (0..3)
        .map(|index| Arc::new(Board { motd: Attribute::new(format!("node-{index}")), ..Board::default() }))
        .collect();
    let setup = |board: Arc<Board>| move |node: NodeBuilder| node.shared_module(board);
    let cluster =
        boards.iter().cloned().fold(Cluster::builder(), |builder, board| builder.node(setup(board)));
    (cluster.start().await.unwrap(), boards)
}

/// A shard from the first node to another.
fn shard(cluster: &Cluster, to: usize) -> BoardShard {
    let token = cluster.node(to).module::<Board>().local_shard().unwrap();
    cluster.node(0).module::<Board>().get_shard(&token).unwrap()
}

#[tokio::test]
async fn m24_a_remote_attribute_has_the_remotes_present_value() {
    patient(async {
        let (cluster, boards) = boards().await;
        let there = shard(&cluster, 2);
        assert_eq!(there.motd().await.unwrap(), "node-2");
        boards[2].motd.set("changed".to_owned());
        assert_eq!(there.motd().await.unwrap(), "changed");
    })
    .await;
}

/// In the ancestor it changed the caller's own module.
#[tokio::test]
async fn an_attribute_is_set_where_the_shard_is_and_nowhere_else() {
    patient(async {
        let (cluster, boards) = boards().await;
        let there = shard(&cluster, 1);
        let mut seen = there.watch_motd().await.unwrap();
        assert_eq!(seen.next().await.unwrap().unwrap(), "node-1");
        there.set_motd("set from afar".to_owned()).await.unwrap();
        assert_eq!(seen.next().await.unwrap().unwrap(), "set from afar");
        assert_eq!(
            boards.iter().map(|board| board.motd.get()).collect::<Vec<_>>(),
            ["node-0", "set from afar", "node-2"]
        );
    })
    .await;
}

#[tokio::test]
async fn m37_a_local_attribute_has_the_present_local_value() {
    patient(async {
        let (cluster, boards) = boards().await;
        let here = cluster.node(0).module::<Board>().local_shard().unwrap();
        assert_eq!(here.motd().await.unwrap(), "node-0");
        boards[0].motd.set("changed".to_owned());
        assert_eq!(here.motd().await.unwrap(), "changed");
    })
    .await;
}

#[tokio::test]
async fn m57_a_broadcast_reads_each_nodes_own_value() {
    patient(async {
        let (cluster, boards) = boards().await;
        let all = cluster.node(1).module::<Board>().create_broadcast();
        let values = all.motd().all().await.unwrap();
        assert!(values.len() == 3 && values.iter().all(|(node, motd)| node.as_str() == motd));
        all.set_motd("for all".to_owned()).all().await.unwrap();
        assert!(boards.iter().all(|board| board.motd.get() == "for all"));
        let mut watched = all.watch_motd().all().await.unwrap();
        for seen in watched.values_mut() {
            assert_eq!(seen.next().await.unwrap().unwrap(), "for all");
        }
        boards[2].motd.set("changed".to_owned());
        assert_eq!(watched["node-2"].node().as_str(), "node-2");
        let changed = watched.get_mut("node-2").unwrap().next().await;
        assert_eq!(changed.unwrap().unwrap(), "changed");
    })
    .await;
}

#[tokio::test]
async fn m58_a_reader_that_fails_on_one_node_is_that_nodes_error() {
    patient(async {
        let (cluster, boards) = boards().await;
        boards[1].torn.store(true, Ordering::Release);
        let replies = cluster.node(0).module::<Board>().create_broadcast().motd().await;
        assert_eq!(replies.values.len(), 2);
        let error = &replies.errors["node-1"];
        assert!(
            matches!(error, CallError::Panicked { message, .. } if message == "the board is torn"),
            "{error:?}"
        );
    })
    .await;
}
