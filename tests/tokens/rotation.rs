//! The cluster's secret is changed under load, in the order that the guide says: nothing is lost, and nobody notices but
//! those who had only the old one.

use core::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{Error, Node, Secret, Secrets};
use tokio::time::{Instant, sleep};

use crate::ledger::{Ledger, Load, refused, tokens};
use crate::logs::Logs;

/// More than any timeout of the gossip or of a handshake.
const BETWEEN: Duration = Duration::from_secs(10);

const NODES: usize = 3;

struct Step {
    name: &'static str,
    secrets: Secrets,
    /// Whether tokens of the old secret are good.
    old_counts: bool,
}

fn steps(old: &Secret, new: &Secret) -> [Step; 3] {
    let both = Secrets::new(old.clone()).with_previous(new.clone()).unwrap();
    let turned = Secrets::new(new.clone()).with_previous(old.clone()).unwrap();
    [
        Step { name: "old, and new as previous", secrets: both, old_counts: true },
        Step { name: "new, and old as previous", secrets: turned, old_counts: true },
        Step { name: "new", secrets: new.clone().into(), old_counts: false },
    ]
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_changed_under_load_and_nothing_is_lost() {
    let (logs, _listens) = Logs::listen();
    let ledger = Ledger::default();
    let mut builder = Cluster::builder();
    for _ in 0..NODES {
        let ledger = ledger.clone();
        builder = builder.node(|node| node.module(ledger));
    }
    let mut cluster = builder.absent(1).start().await.unwrap();
    let (old, new) = (cluster.secret().clone(), Secret::new([9; 32]).unwrap());

    let load = Load::start(&cluster);
    sleep(BETWEEN).await;
    let settled = logs.len();
    let members: Vec<_> = cluster.nodes().map(Node::members).collect();
    let of_old = tokens(&cluster);
    let mut held = of_old.clone();
    for step in steps(&old, &new) {
        for index in 0..NODES {
            cluster.node(index).set_secrets(step.secrets.clone());
            // Not all at the same moment: some are a step ahead of the others meanwhile.
            sleep(BETWEEN).await;
            if step.old_counts {
                assert_eq!(refused(&cluster, &held), 0, "{}, node {index}", step.name);
            }
        }
        held.extend(tokens(&cluster));
    }
    let total = load.end().await;
    println!("{total}");
    assert!(total.calls > 5_000 && total.tokens == total.calls, "{total}");
    assert_eq!((total.lost, total.refused), (0, 0), "{total}");
    assert_eq!(ledger.runs(), total.calls, "each ran once");

    for (node, seen) in cluster.nodes().zip(members) {
        assert_eq!(node.members(), seen, "{}: nobody was given up, or has come back", node.name());
    }
    assert_eq!(logs.lines_from(settled, &["the node has other secrets"]).len(), 3 * NODES);
    for trouble in ["set aside", "link", "ended", "closed", "refused", "a node ", "WARN", "ERROR"] {
        let mut lines = logs.lines_from(settled, &[trouble]);
        // All the time they look for the one that is not there yet.
        lines.retain(|line| !line.contains("no link address=\"node-3:1\""));
        assert_eq!(lines, [""; 0], "{trouble}");
    }

    // Whoever has only the old one is a stranger now.
    assert_eq!(refused(&cluster, &of_old), NODES * of_old.len());
    assert_eq!(refused(&cluster, &held[held.len() - of_old.len()..]), 0, "those of the last step");
    assert_eq!(
        logs.lines_from(settled, &["a token was refused", "does not have"]).len(),
        NODES * of_old.len()
    );
    let late = cluster.restart(NODES, |node| node.client_of::<Ledger>().secret(old)).await.unwrap();
    let begun = Instant::now();
    let error = late.ready().await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }) && begun.elapsed() < BETWEEN, "{error}");
}
