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
async fn s12_two_halves_that_do_not_see_each_other_aim_at_the_limit_each() {
    let cluster = cluster(7).await;
    let all: Vec<String> = (0..7).map(|n| format!("node-{n}")).collect();
    let with_seat = seats(&all);
    // Each half takes the other for dead.
    let halves = [0..3, 3..7];
    for (one, other) in halves[0].clone().flat_map(|one| halves[1].clone().map(move |other| (one, other))) {
        cluster.cut(one, other);
    }
    let apart = async {
        let sees = |index: usize, count: usize| cluster.node(index).members().len() == count;
        while !halves.iter().all(|half| half.clone().all(|index| sees(index, half.len()))) {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(15), apart).await.expect("the halves have given each other up");
    let mut together = Names::new();
    for half in &halves {
        let expected = seats(&all[half.clone()]);
        assert_eq!(expected.len(), 3);
        for index in half.clone() {
            assert_eq!(owners(cluster.node(index)), expected, "three hosts in the view of node {index}");
        }
        together.extend(expected);
    }
    assert_eq!(together.len(), 6, "while views differ there are more: {together:?}");

    for (one, other) in halves[0].clone().flat_map(|one| halves[1].clone().map(move |other| (one, other))) {
        cluster.heal(one, other);
    }
    timeout(Duration::from_secs(10), cluster.settled()).await.expect("the views are one again");
    for node in cluster.nodes() {
        assert_eq!(owners(node), with_seat);
    }
    assert_eq!(seated::<Trio>(cluster.nodes()), with_seat);
    let shard = cluster.node(0).module::<Trio>().keyed_shard(7).unwrap();
    assert!(with_seat.contains(&shard.here(&State::new()).await.unwrap()));
}
