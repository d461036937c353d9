//! Sentence 12: nodes aim at N hosts, each in its own view.

use std::time::Duration;

use shard_runtime::{Node, Plan, Shard as _, State};
use tokio::time::{sleep, timeout};

use crate::fixture::{KEYS, Names, Trio, cluster, seated};

/// Who owns keys in a node's own view.
fn owners(node: &Node) -> Names {
    let trio = node.module::<Trio>();
    (0..KEYS).map(|key| trio.keyed_shard(key).unwrap().node().unwrap().to_string()).collect()
}

fn seats(names: &[String]) -> Names {
    let plan = Plan::new(names.iter().cloned()).limit(3);
    plan.names().filter(|name| plan.share(name) > 0.0).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn s12_two_nodes_that_do_not_see_each_other_aim_at_the_limit_each() {
    let cluster = cluster(5).await;
    let all: Vec<String> = (0..5).map(|n| format!("node-{n}")).collect();
    // Two that have a seat: each takes the other for dead, in both directions.
    let with_seat = seats(&all);
    let mut cut = with_seat.iter().map(|name| name.strip_prefix("node-").unwrap().parse::<usize>().unwrap());
    let (one, other) = (cut.next().unwrap(), cut.next().unwrap());
    cluster.cut(one, other);
    while cluster.node(one).members().len() > 4 || cluster.node(other).members().len() > 4 {
        sleep(Duration::from_millis(100)).await;
    }
    let mut together = Names::new();
    for (node, unseen) in [(one, other), (other, one)] {
        let seen: Vec<String> = all.iter().filter(|name| **name != all[unseen]).cloned().collect();
        let owners = owners(cluster.node(node));
        assert_eq!(owners.len(), 3, "three hosts in its own view: {owners:?}");
        assert_eq!(owners, seats(&seen));
        assert!(!owners.contains(&all[unseen]) && owners.contains(&all[node]));
        together.extend(owners);
    }
    assert!(together.len() > 3, "while views differ there are more: {together:?}");
    for node in cluster.nodes().filter(|node| ![&all[one], &all[other]].contains(&&node.name().to_owned())) {
        assert_eq!(owners(node), with_seat, "{} sees everybody", node.name());
    }

    cluster.heal(one, other);
    timeout(Duration::from_secs(10), cluster.settled()).await.expect("the views are one again");
    for node in cluster.nodes() {
        assert_eq!(owners(node), with_seat);
    }
    assert_eq!(seated::<Trio>(cluster.nodes()), with_seat);
    let shard = cluster.node(one).module::<Trio>().keyed_shard(7).unwrap();
    assert!(with_seat.contains(&shard.here(&State::new()).await.unwrap()));
}
