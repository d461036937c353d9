//! Addresses that somebody wrote down.

use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::engine::{Announcement, Engine};
use super::sighting::{Sighting, Sightings};

/// Reports a list, and has nobody to announce this node to: for `single`, `fixed` and `gossip`. How they differ is
/// when the node is ready, which is not the engine's concern.
pub(super) struct List(pub(super) Vec<String>);

impl Engine for List {
    fn run(
        self: Box<Self>,
        _: watch::Receiver<Announcement>,
        sightings: Sightings,
        stop: CancellationToken,
    ) -> BoxFuture<'static, ()> {
        async move {
            sightings.report(self.0.into_iter().map(Sighting::at));
            stop.cancelled().await;
        }
        .boxed()
    }
}
