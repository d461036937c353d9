//! A bound name.

use std::future::pending;
use std::sync::Weak;

use tokio::sync::mpsc;

use super::network::Shared;
use super::stream::MemoryStream;

/// Where connections to a bound name arrive. Dropping it frees the name.
#[derive(Debug)]
pub(crate) struct MemoryListener {
    name: String,
    arriving: mpsc::Receiver<MemoryStream>,
    network: Weak<Shared>,
}

impl MemoryListener {
    pub(super) fn new(name: String, arriving: mpsc::Receiver<MemoryStream>, network: Weak<Shared>) -> Self {
        Self { name, arriving, network }
    }

    pub(crate) async fn accept(&mut self) -> MemoryStream {
        match self.arriving.recv().await {
            Some(stream) => stream,
            // The node was killed. Nothing arrives at it any more, and it is not there to be told so.
            None => pending().await,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.arriving.close();
        if let Some(network) = self.network.upgrade() {
            network.forget_closed(&self.name);
        }
    }
}
