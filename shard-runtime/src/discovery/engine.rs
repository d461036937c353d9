//! What every engine is.

use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::sighting::Sightings;
use crate::membership::{Boot, NodeName};

/// What a node says of itself to those who look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// The cluster's name: an engine reports nodes of this one only, where it can tell.
    pub(crate) cluster: String,
    pub(crate) name: NodeName,
    pub(crate) boot: Boot,
    /// Where it is reached, as `host:port`.
    pub(crate) address: String,
}

/// Announces this node, and reports where others may be.
pub(crate) trait Engine: Send {
    /// Runs until `stop`, then withdraws what it has announced and returns soon.
    ///
    /// `me` is announced for as long as it stands, and anew when it changes. Whatever goes wrong on the way is the
    /// engine's to log, once, and to try again. It says within a few seconds of its start what it sees, or that it
    /// cannot see anything: until then the node is not ready.
    fn run(
        self: Box<Self>,
        me: watch::Receiver<Announcement>,
        sightings: Sightings,
        stop: CancellationToken,
    ) -> BoxFuture<'static, ()>;
}
