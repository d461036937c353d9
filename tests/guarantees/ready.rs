//! `ready`: look-ups are right from then on, on the new node and on all others.

use shard_runtime::{Node, Shard as _, State};
use tokio::time::Instant;

use crate::ledger::{keyed, ms, nodes, pinned, restart};

#[tokio::test(start_paused = true)]
async fn as_soon_as_a_node_is_ready_it_and_all_others_look_keys_up_alike() {
    let (mut cluster, ledger) = nodes(6).await;
    for round in 0..12 {
        let joins = 1 + round % 5;
        cluster.kill(joins);
        if round % 2 == 0 {
            // It comes back before it was missed, or afterwards.
            cluster.settled().await;
        }
        for other in (0..6).filter(|other| *other != joins) {
            cluster.delay(joins, other, ms((round as u64 * 7 + other as u64) % 20));
        }
        restart(&mut cluster, joins, &ledger).await;
        let begun = Instant::now();
        cluster.node(joins).ready().await.unwrap();
        println!("ready after {:?}", begun.elapsed());
        let view = cluster.node(joins).view();
        assert_eq!(view.active_hosts("Ledger").count(), 6, "round {round}");
        for other in cluster.nodes() {
            assert_eq!(other.view().digest(), view.digest(), "round {round}: as {} sees it", other.name());
        }
        for key in 0..300 {
            let owner = keyed(cluster.node(joins), key).node();
            assert!(cluster.nodes().all(|node| keyed(node, key).node() == owner), "round {round}, key {key}");
        }
        let before: u64 = cluster.nodes().map(Node::view_syncs).sum();
        for (from, node) in cluster.nodes().enumerate() {
            let id = round as u64 * 100 + from as u64;
            let own = (0..10_000)
                .find(|key| keyed(node, *key).node().unwrap().as_str() == cluster.node(joins).name());
            let there = keyed(node, own.unwrap()).book(&State::new(), id, 0).await;
            assert_eq!(there.unwrap(), cluster.node(joins).name());
            let back = pinned(cluster.node(joins), node).book(&State::new(), id + 50, 0).await;
            assert_eq!(back.unwrap(), node.name(), "it has links to all");
            assert_eq!((ledger.count(id), ledger.count(id + 50)), (1, 1));
        }
        assert_eq!(cluster.nodes().map(Node::view_syncs).sum::<u64>(), before, "nobody had to be told");
        (0..6).for_each(|other| cluster.delay(joins, other, ms(0)));
    }
}
