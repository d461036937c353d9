//! A call that has been sent.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use super::peer::Peer;
use super::pending::Completion;

/// A caller's hold on a call that was queued on a link. Dropping it before the end tells the other side to stop.
pub(crate) struct InFlight {
    peer: Arc<Peer>,
    id: u64,
    way: Way,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It has a place among those that wait, and nothing else.
    Reserved,
    /// It is on the link, all of it.
    Queued,
    /// It leaves in chunks, and some of them may not have left yet.
    Chunked,
    /// It has been answered, and has no place any more.
    Answered,
}

impl InFlight {
    /// A call that has been given its place, which it leaves when this is dropped.
    pub(super) fn reserved(peer: Arc<Peer>, id: u64) -> Self {
        Self { peer, id, way: Way::Reserved }
    }

    /// The link that it is on.
    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Notes that the call is on its way, in chunks or not.
    pub(super) fn queue(&mut self, chunked: bool) {
        self.way = if chunked { Way::Chunked } else { Way::Queued };
    }

    /// Lets the other side of a stream send so many bytes more.
    pub(super) fn grant(&self, bytes: u32) {
        self.peer.grant(self.id, bytes);
    }
}

impl Future for InFlight {
    type Output = Completion;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Completion> {
        let mut left = false;
        let completion = self.peer.pending.poll(self.id, cx, &mut left);
        // Of a large one that was refused there may be more to leave.
        if left && self.way != Way::Chunked {
            self.way = Way::Answered;
        }
        completion
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.way == Way::Answered {
            return;
        }
        // What is left of a large one is taken back before another call can have its place: that call would overtake it,
        // and the id of this one would then come too late.
        let withdrawn = self.way == Way::Chunked && self.peer.withdraw(self.id);
        let live = self.peer.pending.leave(self.id);
        if live && self.way != Way::Reserved && !withdrawn {
            self.peer.cancel(self.id);
        }
    }
}
