//! A call that has been sent.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use super::peer::Peer;
use super::pending::{Completion, Waiting};

/// A caller's hold on a call that was queued on a link. Dropping it before the end tells the other side to stop.
pub(crate) struct InFlight {
    peer: Arc<Peer>,
    waiting: Waiting,
    /// Whether some of it may not have left yet.
    chunked: bool,
}

impl InFlight {
    pub(super) fn new(peer: Arc<Peer>, waiting: Waiting, chunked: bool) -> Self {
        Self { peer, waiting, chunked }
    }

    /// Lets the other side of a stream send so many bytes more.
    pub(super) fn grant(&self, bytes: u32) {
        self.peer.grant(self.waiting.id(), bytes);
    }
}

impl Future for InFlight {
    type Output = Completion;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Completion> {
        Pin::new(&mut self.waiting).poll(cx)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.waiting.is_live() {
            self.peer.cancel(self.waiting.id());
        } else if self.chunked {
            self.peer.withdraw(self.waiting.id());
        }
    }
}
