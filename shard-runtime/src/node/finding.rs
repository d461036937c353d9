//! Runs the engine, and has the addresses that it finds looked after.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::timeout;

use super::inner::Inner;
use super::peers::FAREWELL;
use super::seeking;
use crate::discovery::{Engine, Found, Sightings};

/// How long an engine may take to say for the first time what it sees. They all say so sooner; this is for one that hangs.
const FIRST_LOOK: Duration = Duration::from_secs(5);

pub(super) fn start(inner: &Arc<Inner>, engine: Box<dyn Engine>) {
    let (sightings, found) = Sightings::new();
    let running = engine.run(inner.announced.subscribe(), sightings, inner.stopped().clone());
    let stopped = inner.stopped().clone();
    // Not as the node's other tasks, which are dropped as it stops: it has to withdraw.
    inner.tasks().spawn(async move {
        let mut running = running;
        let early = stopped.run_until_cancelled(&mut running).await.is_some();
        if !early {
            let _ = timeout(FAREWELL, running).await;
        }
    });
    let task = Arc::clone(inner);
    inner.spawn(async move { follow(&task, found).await });
}

async fn follow(inner: &Arc<Inner>, mut found: watch::Receiver<Found>) {
    let _ = timeout(FIRST_LOOK, found.wait_for(|found| found.looked)).await;
    loop {
        let seen: BTreeSet<String> = {
            let found = found.borrow_and_update();
            let addresses = found.sightings.iter().map(|sighting| &sighting.address);
            addresses.filter(|address| **address != inner.address).cloned().collect()
        };
        // Before anybody dials: what comes of it is to be counted.
        inner.settling.send_modify(|settling| settling.look(&seen));
        for (address, wanted) in inner.keepers.take_over(&seen) {
            seeking::keep(inner, address, wanted);
        }
        if found.changed().await.is_err() {
            tracing::error!("the engine has ended: no new nodes are found, and those that are known stay");
            return;
        }
    }
}
