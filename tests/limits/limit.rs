//! Seats: how many nodes run a module.

use std::time::Duration;

use shard_runtime::{Error, MemberState, Node, Plan, Shard as _, State};
use tokio::time::sleep;

use crate::fixture::{Everywhere, KEYS, Names, Singleton, Trio, broadcast, called, cluster, seated};

#[tokio::test(start_paused = true)]
async fn everybody_meets_on_the_one_node_of_a_singleton() {
    let mut cluster = cluster(5).await;
    let mut homes = Vec::new();
    for _ in 0..3 {
        let mut met = Names::new();
        for node in cluster.nodes() {
            for key in 0..KEYS {
                let shard = node.module::<Singleton>().keyed_shard(key).unwrap();
                met.insert(shard.here(&State::new()).await.unwrap());
                let pinned = node.module::<Singleton>().create_shard(key).unwrap();
                met.insert(pinned.node().unwrap().to_string());
            }
        }
        assert_eq!(met.len(), 1, "{met:?}");
        assert_eq!(seated::<Singleton>(cluster.nodes()), met);
        let home = met.pop_first().unwrap();
        assert!(!homes.contains(&home), "a new one each time: {homes:?}, {home}");
        cluster.kill(home.strip_prefix("node-").unwrap().parse().unwrap());
        cluster.settled().await;
        homes.push(home);
    }
}

#[tokio::test(start_paused = true)]
async fn three_of_five_host_and_all_of_them_call() {
    let cluster = cluster(5).await;
    let plan = Plan::new((0..5).map(|n| format!("node-{n}"))).limit(3);
    let seats: Names = plan.names().filter(|name| plan.share(name) > 0.0).map(str::to_owned).collect();
    assert_eq!(seats.len(), 3);
    assert_eq!(called(cluster.nodes()).await, seats);
    assert_eq!(seated::<Trio>(cluster.nodes()), seats);
    assert_eq!(seated::<Everywhere>(cluster.nodes()).len(), 5, "the other module has no limit");
    for node in cluster.nodes() {
        assert_eq!(broadcast(node).await, seats, "as {} sees it", node.name());
        for key in 0..KEYS {
            let shard = node.module::<Trio>().create_shard(key).unwrap();
            assert_eq!(shard.node().unwrap(), plan.owner(key).unwrap());
        }
        if !seats.contains(node.name()) {
            let no_host = Err(Error::NoHost { module: "Trio".to_owned() }.to_string());
            assert_eq!(
                node.module::<Trio>().local_shard().map(|_| ()).map_err(|error| error.to_string()),
                no_host
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_takes_the_seat_of_one_that_dies_and_gives_it_up_again() {
    let mut cluster = cluster(5).await;
    let before = seated::<Trio>(cluster.nodes());
    let first = before.first().unwrap().clone();
    let dies: usize = first.strip_prefix("node-").unwrap().parse().unwrap();
    let shard = cluster.nodes().next().unwrap().module::<Trio>().keyed_shard(1).unwrap();
    shard.here(&State::new()).await.unwrap();
    cluster.kill(dies);
    cluster.settled().await;
    let after = seated::<Trio>(cluster.nodes());
    assert_eq!(after.len(), 3);
    assert!(!after.contains(&first) && after.is_superset(&before.iter().skip(1).cloned().collect()));
    assert_eq!(called(cluster.nodes()).await, after);

    // Those that had a shard of the one that is not seated any more keep it: it is the node that they mean.
    let newcomer = after.difference(&before).next().unwrap().clone();
    let node = cluster.nodes().find(|node| node.name() == newcomer).unwrap();
    let other = cluster.nodes().find(|node| node.name() != newcomer).unwrap();
    let token = node.module::<Trio>().local_shard().unwrap().token().mint();
    let pinned = other.module::<Trio>().get_shard(&token).unwrap();
    assert_eq!(pinned.here(&State::new()).await.unwrap(), newcomer);
    cluster.restart(dies, |node| node.module(Singleton).module(Trio).module(Everywhere)).await.unwrap();
    cluster.settled().await;
    assert_eq!(seated::<Trio>(cluster.nodes()), before);
    assert_eq!(pinned.here(&State::new()).await.unwrap(), newcomer);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_addresses_who_drains_if_it_had_a_seat() {
    let cluster = cluster(5).await;
    let before = seated::<Trio>(cluster.nodes());
    let (sits, stands): (Vec<_>, Vec<_>) = cluster.nodes().partition(|node| before.contains(node.name()));
    let (leaver, bystander, observer) = (sits[0].clone(), stands[0].clone(), sits[1]);
    for node in [&leaver, &bystander] {
        // What runs keeps the node from ending before it has been looked at.
        let shard = node.module::<Everywhere>().local_shard().unwrap();
        tokio::spawn(async move { shard.stay(3_000).await });
        let node = node.clone();
        tokio::spawn(async move { node.shutdown().await });
    }
    sleep(Duration::from_millis(500)).await;

    let drains =
        |name: &str| observer.view().get(name).is_some_and(|member| member.state == MemberState::Draining);
    assert!(drains(leaver.name()) && drains(bystander.name()));
    let call = observer.module::<Trio>().create_broadcast().here(&State::new());
    let (errors, values) = call.await.into_parts();
    assert!(errors.is_empty(), "{errors:?}");
    let now: Names = values.keys().map(ToString::to_string).collect();
    let stay = |node: &&Node| ![&leaver, &bystander].iter().any(|left| left.name() == node.name());
    let mut expected = seated::<Trio>(cluster.nodes().filter(stay));
    assert_eq!(expected.len(), 3);
    // Whoever has no seat any more still has what it had; one that never had any is not asked.
    expected.insert(leaver.name().to_owned());
    assert_eq!(now, expected);
    assert!(matches!(leaver.module::<Trio>().local_shard(), Err(Error::Draining)));
    assert!(matches!(bystander.module::<Trio>().local_shard(), Err(Error::NoHost { .. })));
}
