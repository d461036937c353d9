use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, ready};
use std::sync::{Arc, Weak};

use super::peer::Peer;
use super::window::{TooMuch, Window};
use crate::dispatch::Egress;
use crate::wire::{Answer, FrameKind, Reply, write_frame};

/// A stream that leaves over a link.
pub(crate) struct Outflow {
    /// Weak, since the link knows its streams.
    peer: Weak<Peer>,
    id: u64,
    window: Window,
    open: AtomicBool,
}

impl Outflow {
    pub(crate) fn new(peer: &Arc<Peer>, id: u64) -> Arc<Self> {
        let open = AtomicBool::new(false);
        Arc::new(Self { peer: Arc::downgrade(peer), id, window: Window::new(), open })
    }

    #[cfg(test)]
    pub(crate) fn of_nobody() -> Arc<Self> {
        Arc::new(Self { peer: Weak::new(), id: 0, window: Window::new(), open: AtomicBool::new(false) })
    }

    /// The reader takes so many bytes more.
    pub(crate) fn grant(&self, bytes: u32) -> Result<(), TooMuch> {
        self.window.grant(bytes)
    }

    fn push(&self, frame: &[u8]) {
        if let Some(peer) = self.peer.upgrade() {
            // A closed outbox means that the link has ended, and the stream is about to.
            let _ = peer.outbox.push_answer(frame);
        }
    }
}

impl Egress for Outflow {
    fn open(&self) {
        self.open.store(true, Ordering::Release);
        self.push(Answer::of(self.id, &Reply::Value(&[])).as_bytes());
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<usize> {
        let room = ready!(self.window.poll(cx));
        // Not the reader's fault: it is ready as soon as the link is gone.
        if let Some(peer) = self.peer.upgrade() {
            ready!(peer.outbox.poll_for_stream(cx));
        }
        Poll::Ready(room)
    }

    fn send(&self, bytes: &[u8]) {
        self.window.take(bytes.len());
        let mut frame = Vec::with_capacity(bytes.len() + 16);
        // No more than a batch, which fits a frame.
        if write_frame(&mut frame, FrameKind::StreamItem, self.id, bytes).is_ok() {
            self.push(&frame);
        }
    }
}
