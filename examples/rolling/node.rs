//! One of the five nodes: a process that runs until it is told to end.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;

use shard_runtime::Node;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::Setup;
use crate::tally::Tally;

/// What a node says when it can be called.
pub(crate) const READY: &str = "ready";

/// What it says when it has left, followed by the numbers of all calls that have run here.
pub(crate) const RAN: &str = "ran";

pub(crate) async fn run(setup: Setup) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let tally = Arc::new(Tally::default());
    let node = Node::builder(setup.cluster)
        .name(setup.name)
        .listen(setup.listen)
        .peers(setup.peers)
        .shared_module(Arc::clone(&tally))
        .start()
        .await?;
    node.ready().await?;
    println!("{READY}");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // This is all that it takes: the keys go to other nodes, the sessions that are here end in their own time.
    node.shutdown().await;
    let mut ran = RAN.to_owned();
    for call in tally.ran() {
        write!(ran, " {call}")?;
    }
    println!("{ran}");
    Ok(())
}
