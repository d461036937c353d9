//! Sentence 11: a broadcast addresses exactly the hosts in the caller's view, each once.

use std::collections::BTreeMap;

use shard_runtime::testing::Cluster;
use shard_runtime::{Node, State};
use tokio::time::{Instant, sleep};

use crate::apart::{Change, unheard};
use crate::ledger::{Ledger, ms, nodes, restart};

/// Broadcasts from a node, and checks the answer against its view and the runs. Says who has answered.
async fn ask(from: &Node, ledger: &Ledger, id: u64) -> Vec<String> {
    let view = from.view();
    let hosts: Vec<String> = view.hosts("Ledger").map(|member| member.name.to_string()).collect();
    let state = State::new().with_deadline(Instant::now() + ms(100));
    let (errors, values) = from.module::<Ledger>().create_broadcast().book(&state, id, 0).await.into_parts();
    let mut named: Vec<String> = errors.keys().chain(values.keys()).map(ToString::to_string).collect();
    named.sort_unstable();
    assert_eq!(named, hosts, "each host in the view of {} is named, exactly once", from.name());
    let mut runs = BTreeMap::<String, usize>::new();
    for run in ledger.runs().into_iter().filter(|run| run.id == id) {
        *runs.entry(run.on).or_default() += 1;
    }
    for (node, there) in &values {
        assert_eq!(node.as_str(), there, "under the name of the node that ran it");
        assert_eq!(runs.remove(node.as_str()), Some(1));
    }
    for (node, error) in &errors {
        let ran = runs.remove(node.as_str()).unwrap_or(0);
        assert!(ran <= usize::from(!error.is_not_started()), "{node}: {error}, and it ran {ran} times");
    }
    assert!(runs.is_empty(), "and nobody else was asked: {runs:?}");
    values.keys().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn s11_a_broadcast_asks_those_in_the_callers_view_whatever_others_see() {
    let all = ["node-0", "node-1", "node-2", "node-3"];
    for change in [Change::Join, Change::Drain, Change::Death] {
        // One that has heard of it, and one that has not, in one cluster.
        let (cluster, ledger) = unheard(change, 0).await;
        let answers = [ask(cluster.node(0), &ledger, 1).await, ask(cluster.node(1), &ledger, 2).await];
        let expected = match change {
            // Who drains still serves what is not keyed; over its slow link to the first it is too late.
            Change::Join | Change::Drain => [&all[..3], &all[..]],
            Change::Death => [&all[..3], &all[..3]],
        };
        assert_eq!(answers, expected, "{change:?}");
        let named = if change == Change::Join { 3 } else { 4 };
        let view = cluster.node(0).view();
        assert_eq!(
            view.hosts("Ledger").count(),
            named,
            "{change:?}: a broadcast tells the caller nothing new"
        );
    }
}

async fn for_a_while(cluster: &Cluster, ledger: &Ledger, rounds: u64, id: &mut u64) {
    for _ in 0..rounds {
        for node in cluster.nodes() {
            *id += 1;
            ask(node, ledger, *id).await;
        }
        sleep(ms(20)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn s11_each_host_is_asked_once_at_every_moment_of_a_death_a_join_and_a_drain() {
    let (mut cluster, ledger) = nodes(4).await;
    let mut id = 0;
    cluster.hold_news(1);
    cluster.kill(3);
    for_a_while(&cluster, &ledger, 150, &mut id).await;
    cluster.release_news(1);
    cluster.settled().await;
    cluster.hold_news(2);
    restart(&mut cluster, 3, &ledger).await;
    for_a_while(&cluster, &ledger, 50, &mut id).await;
    cluster.release_news(2);
    for_a_while(&cluster, &ledger, 50, &mut id).await;
    let leaver = cluster.node(3).clone();
    tokio::spawn(async move { leaver.shutdown().await });
    for_a_while(&cluster, &ledger, 50, &mut id).await;
}
