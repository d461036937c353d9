//! The bytes that wait to be written to one link. Many callers and handlers append whole frames; the
//! link's task takes them all at once, so that a wake-up costs one write however many frames it has.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The link is closed.
    Closed,
    /// As many bytes wait as may.
    Full,
}

pub(crate) struct Outbox {
    buffer: Mutex<Buffer>,
    filled: Notify,
    drained: Notify,
    limit: usize,
    ceiling: usize,
}

/// How far above the limit answers may pile up before nothing more is read from the peer.
const CEILING: usize = 16;

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// What was here before is being written.
    writing: bool,
    /// No frame is taken any more; what is here is still written.
    finishing: bool,
    closed: bool,
}

impl Outbox {
    /// From `limit` waiting bytes on no call is taken, in either direction: ours are refused here, the
    /// peer's by an answer. Answers to calls that run are still taken, and the peer is still read, since
    /// two nodes that both waited for the other to read would wait for ever. Only far above the limit
    /// nothing more is read, and a peer that does not read either is cut off by the blocked write.
    pub(crate) fn new(limit: usize) -> Self {
        let ceiling = limit.saturating_mul(CEILING);
        Self { buffer: Mutex::default(), filled: Notify::new(), drained: Notify::new(), limit, ceiling }
    }

    /// Appends whole frames, or refuses them.
    pub(crate) fn push(&self, frames: &[u8]) -> Result<(), Unsent> {
        self.append(frames, self.limit)
    }

    /// Appends frames that answer what the peer asked, and control frames: bounded by what the peer may
    /// have in flight, so that they are not refused for want of room.
    pub(crate) fn push_answer(&self, frames: &[u8]) -> Result<(), Unsent> {
        self.append(frames, usize::MAX)
    }

    fn append(&self, frames: &[u8], limit: usize) -> Result<(), Unsent> {
        let mut buffer = self.lock();
        if buffer.closed || buffer.finishing {
            return Err(Unsent::Closed);
        }
        if buffer.bytes.len() > limit {
            return Err(Unsent::Full);
        }
        let was_empty = buffer.bytes.is_empty();
        buffer.bytes.extend_from_slice(frames);
        drop(buffer);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits until there is something to write. `false`: the end, nothing will come any more.
    pub(crate) async fn wait(&self) -> bool {
        loop {
            {
                let mut buffer = self.lock();
                // Whoever comes for more has written what it took.
                buffer.writing = false;
                if !buffer.bytes.is_empty() && !buffer.closed {
                    return true;
                }
                if buffer.closed || buffer.finishing {
                    return false;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Moves all that waits into `into`, which must be empty and gives its capacity in exchange.
    pub(crate) fn take(&self, into: &mut Vec<u8>) {
        debug_assert!(into.is_empty(), "what is in there would be written after what comes later");
        {
            let mut buffer = self.lock();
            core::mem::swap(&mut buffer.bytes, into);
            buffer.writing = !into.is_empty();
        }
        self.drained.notify_waiters();
    }

    /// Waits until few enough bytes wait that a reader may make more of them.
    pub(crate) async fn below_ceiling(&self) {
        loop {
            let drained = self.drained.notified();
            if self.waiting() <= self.ceiling {
                return;
            }
            drained.await;
        }
    }

    /// Whether few enough bytes wait that a call of the peer may make more of them.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting() <= self.limit
    }

    /// Whether everything that was put in here has been written.
    pub(crate) fn is_written(&self) -> bool {
        let buffer = self.lock();
        buffer.closed || (buffer.bytes.is_empty() && !buffer.writing)
    }

    /// Bytes that wait; none once closed.
    fn waiting(&self) -> usize {
        self.lock().bytes.len()
    }

    /// Takes no more frames; what is here is still written.
    pub(crate) fn finish(&self) {
        self.lock().finishing = true;
        self.filled.notify_one();
    }

    /// Drops what waits and takes no more.
    pub(crate) fn close(&self) {
        {
            let mut buffer = self.lock();
            buffer.closed = true;
            buffer.bytes = Vec::new();
        }
        self.filled.notify_one();
        self.drained.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_leave_together_and_in_order() {
        let outbox = Outbox::new(100);
        outbox.push(b"one").unwrap();
        outbox.push(b"two").unwrap();
        assert!(outbox.wait().await);
        let mut out = Vec::new();
        outbox.take(&mut out);
        assert_eq!(out, b"onetwo");
        assert!(!outbox.is_written(), "it is only being written");
        assert!(futures::FutureExt::now_or_never(outbox.wait()).is_none() && outbox.is_written());
    }

    #[tokio::test]
    async fn a_full_outbox_refuses_calls_but_not_answers() {
        let outbox = Outbox::new(3);
        outbox.push(b"four").unwrap();
        assert_eq!(outbox.push(b"x"), Err(Unsent::Full));
        assert!(!outbox.has_room());
        assert_eq!(outbox.push_answer(b"y"), Ok(()));
        outbox.take(&mut Vec::new());
        assert!(outbox.has_room());
    }

    #[tokio::test]
    async fn finishing_writes_what_is_there_and_closing_does_not() {
        let outbox = Outbox::new(100);
        outbox.push(b"last").unwrap();
        outbox.finish();
        assert_eq!(outbox.push(b"late"), Err(Unsent::Closed));
        assert!(outbox.wait().await);
        outbox.take(&mut Vec::new());
        assert!(!outbox.wait().await);

        let outbox = Outbox::new(100);
        outbox.push(b"last").unwrap();
        outbox.close();
        assert!(!outbox.wait().await);
    }
}
