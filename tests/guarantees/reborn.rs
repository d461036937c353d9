//! A node that was given up comes back under another boot, and nothing runs under the one before.

use shard_runtime::testing::Cluster;
use shard_runtime::{Boot, CallError, Node, NotStarted, State};
use tokio::time::{Instant, sleep};

use crate::ledger::{ms, nodes, pinned};

fn boots(cluster: &Cluster) -> Vec<Boot> {
    cluster.nodes().map(Node::boot).collect()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_cut_off_for_15_s_is_back_under_a_new_boot_and_runs_nothing_under_the_old_one() {
    let (cluster, ledger) = nodes(5).await;
    let before = boots(&cluster);
    let shards: Vec<_> = cluster.nodes().map(|from| pinned(from, cluster.node(4))).collect();
    (0..4).for_each(|index| cluster.cut(index, 4));
    sleep(ms(15_000)).await;
    assert_eq!([0, 1, 2, 3, 4].map(|index| cluster.node(index).members().len()), [4, 4, 4, 4, 1]);
    assert_eq!(boots(&cluster), before, "nobody has told it yet");
    // Alone it serves itself.
    assert_eq!(shards[4].book(&State::new(), 1, 0).await.unwrap(), "node-4");
    (0..4).for_each(|index| cluster.heal(index, 4));
    let healed = Instant::now();
    let mut id = 10;
    let mut fenced = None;
    while fenced.is_none_or(|at: Instant| at.elapsed() < ms(15_000)) {
        assert!(healed.elapsed() < ms(30_000));
        if fenced.is_none() && cluster.node(4).boot() != before[4] {
            fenced = Some(Instant::now());
            println!("told after {:?}", healed.elapsed());
        }
        for shard in &shards {
            id += 1;
            let outcome = shard.book(&State::new(), id, 0).await;
            if fenced.is_some() {
                let refused =
                    matches!(outcome, Err(CallError::NotStarted { reason: NotStarted::BootGone, .. }));
                assert!(refused, "{outcome:?}");
                assert_eq!(ledger.count(id), 0);
            }
        }
        sleep(ms(20)).await;
        if healed.elapsed() > ms(10_000) {
            let all = |node: &Node| node.members().len() == 5;
            assert!(cluster.nodes().all(all), "all see all 10 s after the network healed");
        }
    }
    cluster.settled().await;
    let after = boots(&cluster);
    assert_eq!(before[..4], after[..4], "whoever stayed together keeps its boot");
    assert_ne!(before[4], after[4]);
    assert_eq!(pinned(cluster.node(0), cluster.node(4)).book(&State::new(), 2, 0).await.unwrap(), "node-4");
}

#[tokio::test(start_paused = true)]
async fn of_two_that_lost_each_other_both_are_back_within_10_s() {
    let (cluster, _) = nodes(2).await;
    let before = boots(&cluster);
    cluster.cut(0, 1);
    sleep(ms(15_000)).await;
    assert_eq!([0, 1].map(|index| cluster.node(index).members().len()), [1, 1]);
    assert_eq!(boots(&cluster), before);
    cluster.heal(0, 1);
    let healed = Instant::now();
    cluster.settled().await;
    assert!(healed.elapsed() < ms(10_000), "{:?}", healed.elapsed());
    let kept = boots(&cluster).iter().zip(&before).filter(|(now, before)| now == before).count();
    println!("{kept} of 2 kept their boots, together after {:?}", healed.elapsed());
}
