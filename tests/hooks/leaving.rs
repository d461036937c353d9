//! Slots that leave: who is told, why, and what waits for it.

use std::collections::BTreeSet;
use std::time::Duration;

use shard_runtime::LeaveCause;
use tokio::time::{Instant, sleep};

use crate::depot::{Depot, Depots, Seen};

/// What a depot was told to leave: the slots, to whom, and why.
fn left(depot: &Depot) -> Vec<(BTreeSet<u16>, Option<String>, LeaveCause)> {
    let told = |seen: &Seen| match seen {
        Seen::Leaving(slots, to, cause) => Some((slots.clone(), to.clone(), *cause)),
        _ => None,
    };
    depot.seen().iter().filter_map(told).collect()
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_is_given_slots_by_all() {
    let mut depots = Depots::start(3).await;
    depots.kill(2).await;
    sleep(Duration::from_millis(100)).await;
    depots.observe(0);
    depots.restart(2).await;
    sleep(Duration::from_millis(100)).await;
    depots.depots[2].agree_with(&depots.depots[..2]);
    for depot in &depots.depots[..2] {
        let left = left(depot);
        let (joined, others): (Vec<_>, Vec<_>) =
            left.iter().partition(|(_, to, _)| to.as_deref() == Some("node-2"));
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].2, LeaveCause::Joined);
        assert!(joined[0].0.len() > 500, "{}", joined[0].0.len());
        assert!(others.iter().all(|(_, _, cause)| *cause == LeaveCause::Balance));
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_drains_gives_all_away_before_it_stops() {
    let depots = Depots::start(3).await;
    depots.agree();
    let had = depots.depots[2].has();
    depots.observe(800);
    let begun = Instant::now();
    depots.cluster.node(2).shutdown().await;
    assert!(
        begun.elapsed() >= Duration::from_millis(1_600),
        "both hooks were awaited: {:?}",
        begun.elapsed()
    );
    let left = left(&depots.depots[2]);
    let to: Vec<_> = left.iter().map(|(_, to, _)| to.as_deref().unwrap()).collect();
    assert_eq!(to, ["node-0", "node-1"]);
    assert!(left.iter().all(|(_, _, cause)| *cause == LeaveCause::Draining));
    assert_eq!(left.iter().flat_map(|(slots, ..)| slots).copied().collect::<BTreeSet<_>>(), had);
    let seen = depots.depots[2].seen().clone();
    assert!(matches!(seen[..], [_, Seen::Left(_), _, Seen::Left(_), Seen::Stopped]), "{seen:?}");
    // The others were given exactly these.
    sleep(Duration::from_secs(3)).await;
    let mut arrived = BTreeSet::new();
    for depot in &depots.depots[..2] {
        for seen in depot.seen().iter() {
            if let Seen::Arriving(slots, Some(from)) = seen
                && from == "node-2"
            {
                arrived.extend(slots.iter().copied());
            }
        }
    }
    assert_eq!(arrived, had);
}

#[tokio::test(start_paused = true)]
async fn the_last_node_gives_its_slots_to_nobody() {
    let depots = Depots::start(1).await;
    depots.observe(0);
    depots.cluster.node(0).shutdown().await;
    let left = left(&depots.depots[0]);
    assert_eq!(left, [((0..4_096).collect(), None, LeaveCause::Draining)]);
}

impl Depot {
    /// Whether this one and others have all slots together, and none twice.
    fn agree_with(&self, others: &[std::sync::Arc<Self>]) {
        let mine = self.has();
        let left: Vec<_> = others.iter().flat_map(|other| left(other)).collect();
        let given: BTreeSet<u16> = left
            .iter()
            .filter(|(_, to, _)| to.as_deref() == Some("node-2"))
            .flat_map(|(slots, ..)| slots)
            .copied()
            .collect();
        assert_eq!(mine, given, "it has what it was given");
    }
}
