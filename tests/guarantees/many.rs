//! Many nodes, under virtual time: whatever is done to them, they are one cluster again 10 s later.

use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{MemberState, Node, NodeBuilder};
use tokio::time::{Instant, sleep};

use crate::ledger::{Ledger, ms, nodes, restart};

/// Whether all that run have one view, with all of them active and nobody else.
fn agree(cluster: &Cluster) -> bool {
    let mut digests = cluster.nodes().map(|node| node.view().digest());
    let first = digests.next();
    let one = digests.all(|digest| Some(digest) == first);
    one && cluster.nodes().next().is_some_and(|node| {
        let view = node.view();
        let active = view.members().iter().filter(|member| member.state == MemberState::Active);
        let boots: Vec<_> = active.map(|member| member.boot).collect();
        view.members().len() == boots.len()
            && boots.len() == cluster.nodes().count()
            && cluster.nodes().all(|node| boots.contains(&node.boot()))
    })
}

async fn agreed(cluster: &Cluster, limit: Duration) -> Duration {
    let begun = Instant::now();
    while !agree(cluster) {
        assert!(begun.elapsed() < limit, "no one view within {limit:?}");
        sleep(ms(20)).await;
    }
    begun.elapsed()
}

/// The most dials that any node was the target of in any second while it is awaited.
async fn most_dials(cluster_dials: impl Fn() -> Vec<u64>, until: impl Future<Output = ()>) -> u64 {
    let mut most = 0;
    let watch = async {
        // Ten looks a second, each compared with the one a second ago.
        let mut looks = vec![cluster_dials()];
        loop {
            sleep(ms(100)).await;
            looks.push(cluster_dials());
            let [now, then] = [&looks[looks.len() - 1], &looks[looks.len().saturating_sub(11)]];
            most = now.iter().zip(then).map(|(now, then)| now - then).max().unwrap_or(0).max(most);
        }
    };
    tokio::select! {
        () = watch => {}
        () = until => {}
    }
    most
}

const MANY: usize = 50;
const SEEDS: usize = 8;

/// One in five hosts a module: tables of many hosts take long to make without optimisation.
fn setup(node: NodeBuilder, index: usize) -> NodeBuilder {
    let node = node.peers((0..SEEDS).map(Cluster::address));
    if index.is_multiple_of(5) { node.module(Ledger::default()) } else { node }
}

#[tokio::test(start_paused = true)]
async fn i7_fifty_nodes_with_seeds_down_cuts_kills_and_restarts_have_one_view_10_s_after_the_last_fault() {
    let real = std::time::Instant::now();
    let mut cluster = Cluster::builder().absent(MANY).start().await.unwrap();
    let began = Instant::now();
    // The first half of the seeds is down at first; the others come one by one.
    for index in SEEDS / 2..MANY {
        cluster.restart(index, |node| setup(node, index)).await.unwrap();
        sleep(ms(20 + (index as u64 * 37) % 90)).await;
    }
    println!(
        "46 nodes started within {:?}, one view {:?} later",
        began.elapsed(),
        agreed(&cluster, ms(10_000)).await
    );
    let network = cluster.network().clone();
    // A ring of links that carry one way only, also between seeds.
    let cuts: Vec<(usize, usize)> = (0..20).map(|n| (4 + (n * 7) % 46, 4 + (n * 7 + 11 + n) % 46)).collect();
    for (from, to) in &cuts {
        network.cut_one_way(&Cluster::address(*from), &Cluster::address(*to));
    }
    sleep(ms(4_000)).await;
    for dies in [5, 17, 23, 31, 44] {
        cluster.kill(dies);
        sleep(ms(150)).await;
    }
    for starts in [0, 1, 2, 3] {
        cluster.restart(starts, |node| setup(node, starts)).await.unwrap();
        sleep(ms(250)).await;
    }
    sleep(ms(2_000)).await;
    for returns in [5, 17, 23, 31] {
        cluster.restart(returns, |node| setup(node, returns)).await.unwrap();
        sleep(ms(100)).await;
    }
    cluster.kill(40);
    for (from, to) in &cuts {
        network.heal(&Cluster::address(*from), &Cluster::address(*to));
    }
    let dials = || (0..MANY).map(|index| network.dials(&Cluster::address(index))).collect::<Vec<_>>();
    let (before, healed) = (dials(), Instant::now());
    let took = agreed(&cluster, ms(10_000)).await;
    let most = dials().iter().zip(&before).map(|(now, before)| now - before).max();
    let syncs: u64 = cluster.nodes().map(Node::view_syncs).sum();
    println!(
        "{} nodes: one view {took:?} after the last fault, {syncs} view syncs in all, at most {} dials at a node in that time; {:?} of virtual time in {:?}",
        cluster.nodes().count(),
        most.unwrap_or(0),
        began.elapsed(),
        real.elapsed(),
    );
    assert!(healed.elapsed() <= ms(10_000));
    // And it stays so.
    for _ in 0..20 {
        sleep(ms(100)).await;
        assert!(agree(&cluster));
    }
}

#[tokio::test(start_paused = true)]
async fn eight_of_twelve_that_are_killed_and_restarted_are_one_cluster_again_without_a_storm_of_dials() {
    let (mut cluster, ledger) = nodes(12).await;
    sleep(ms(2_000)).await;
    let network = cluster.network().clone();
    let dials = || (0..12).map(|index| network.dials(&Cluster::address(index))).collect::<Vec<_>>();
    for pause in [500, 1_000, 8_000] {
        let mut took = Duration::ZERO;
        (0..8).for_each(|dies| cluster.kill(dies));
        // Who dials where nobody is knocks at no node.
        sleep(ms(pause)).await;
        let most = most_dials(dials, async {
            for returns in 0..8 {
                restart(&mut cluster, returns, &ledger).await;
            }
            took = agreed(&cluster, ms(10_000)).await;
            cluster.settled().await;
            sleep(ms(2_000)).await;
        })
        .await;
        println!("down for {pause} ms: one view after {took:?}, at most {most} dials at a node in a second");
        assert!(most <= 2 * 11, "{most}");
    }
}
