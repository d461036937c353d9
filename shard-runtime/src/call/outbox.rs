//! The bytes that wait to be written to one link. Many callers and handlers append whole frames; the
//! link's task takes them all at once, so that a wake-up costs one write however many frames it has.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

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

/// Frames that leave together.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    stamps: Vec<Stamp>,
}

/// A call's remaining time, which is told as it is when the frame leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// Where its eight bytes stand.
    pub(crate) at: usize,
    pub(crate) deadline: Instant,
}

impl Batch {
    /// Empties it, and gives back room that it seldom needs.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(256 * 1024);
        self.stamps.clear();
        self.stamps.shrink_to(1024);
    }

    /// Tells the calls whose remaining time is not among the first `written` bytes how much they have left `now`.
    pub(crate) fn stamp(&mut self, written: usize, now: Instant) {
        for stamp in self.stamps.iter().rev().take_while(|stamp| stamp.at >= written) {
            let remaining = stamp.deadline.saturating_duration_since(now).as_micros();
            let remaining = u64::try_from(remaining).unwrap_or(u64::MAX).to_le_bytes();
            if let Some(place) = self.bytes.get_mut(stamp.at..).and_then(<[u8]>::first_chunk_mut) {
                *place = remaining;
            }
        }
    }
}

#[derive(Default)]
struct Buffer {
    batch: Batch,
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

    /// Appends the frame of a call, or refuses it.
    pub(crate) fn push(&self, frame: &[u8], stamp: Stamp) -> Result<(), Unsent> {
        self.append(frame, Some(stamp), self.limit)
    }

    /// Appends frames that answer what the peer asked, and control frames: bounded by what the peer may
    /// have in flight, so that they are not refused for want of room.
    pub(crate) fn push_answer(&self, frames: &[u8]) -> Result<(), Unsent> {
        self.append(frames, None, usize::MAX)
    }

    fn append(&self, frames: &[u8], stamp: Option<Stamp>, limit: usize) -> Result<(), Unsent> {
        let mut buffer = self.lock();
        if buffer.closed || buffer.finishing {
            return Err(Unsent::Closed);
        }
        if buffer.batch.bytes.len() > limit {
            return Err(Unsent::Full);
        }
        let before = buffer.batch.bytes.len();
        let was_empty = before == 0;
        buffer.batch.stamps.extend(stamp.map(|stamp| Stamp { at: before + stamp.at, ..stamp }));
        buffer.batch.bytes.extend_from_slice(frames);
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
                if !buffer.batch.bytes.is_empty() && !buffer.closed {
                    return true;
                }
                if buffer.closed || buffer.finishing {
                    return false;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Moves all that waits into `into`, which must be empty and gives its capacity in exchange. Calls are
    /// told the time that they have left `now`.
    pub(crate) fn take(&self, into: &mut Batch, now: Instant) {
        debug_assert!(into.bytes.is_empty(), "what is in there would be written after what comes later");
        {
            let mut buffer = self.lock();
            core::mem::swap(&mut buffer.batch, into);
            buffer.writing = !into.bytes.is_empty();
        }
        into.stamp(0, now);
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

    /// Waits until few enough bytes wait that a call may make more of them, or it is closed.
    pub(crate) async fn room(&self) {
        loop {
            let drained = self.drained.notified();
            if self.has_room() {
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
        buffer.closed || (buffer.batch.bytes.is_empty() && !buffer.writing)
    }

    /// Bytes that wait; none once closed.
    fn waiting(&self) -> usize {
        self.lock().batch.bytes.len()
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
            buffer.batch = Batch::default();
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
    use core::time::Duration;

    use super::*;

    /// Nowhere in these short frames.
    fn stamp() -> Stamp {
        Stamp { at: 1_000, deadline: Instant::now() }
    }

    fn taken(outbox: &Outbox) -> Vec<u8> {
        let mut batch = Batch::default();
        outbox.take(&mut batch, Instant::now());
        batch.bytes
    }

    #[tokio::test]
    async fn a_call_is_told_the_time_that_is_left_when_it_leaves() {
        let (outbox, now) = (Outbox::new(100), Instant::now());
        outbox.push_answer(b"before").unwrap();
        for seconds in [5, 1] {
            let stamp = Stamp { at: 2, deadline: now + Duration::from_secs(seconds) };
            outbox.push(b"..________..", stamp).unwrap();
        }
        let mut batch = Batch::default();
        outbox.take(&mut batch, now + Duration::from_secs(3));
        let left = |at: usize| u64::from_le_bytes(batch.bytes[at..at + 8].try_into().unwrap());
        assert_eq!((left(6 + 2), left(6 + 12 + 2)), (2_000_000, 0));
        assert_eq!((&batch.bytes[..8], &batch.bytes[16..20]), (&b"before.."[..], &b"...."[..]));
    }

    #[tokio::test]
    async fn calls_that_a_blocked_write_holds_up_are_told_again_and_those_that_have_left_are_not() {
        let (outbox, now) = (Outbox::new(100), Instant::now());
        let stamp = Stamp { at: 2, deadline: now + Duration::from_secs(5) };
        for _ in 0..3 {
            outbox.push(b"..________..", stamp).unwrap();
        }
        let mut batch = Batch::default();
        outbox.take(&mut batch, now);
        let left = |batch: &Batch| {
            [2, 14, 26].map(|at| u64::from_le_bytes(batch.bytes[at..at + 8].try_into().unwrap()))
        };
        assert_eq!(left(&batch), [5_000_000; 3]);
        // Of the second frame the number has begun to leave.
        batch.stamp(15, now + Duration::from_secs(2));
        assert_eq!(left(&batch), [5_000_000, 5_000_000, 3_000_000]);
        batch.clear();
        outbox.push(b"..________..", stamp).unwrap();
        outbox.take(&mut batch, now);
        batch.stamp(0, now + Duration::from_secs(4));
        assert_eq!(batch.bytes[2..10], 1_000_000_u64.to_le_bytes(), "what had left before is forgotten");
    }

    #[tokio::test]
    async fn frames_leave_together_and_in_order() {
        let outbox = Outbox::new(100);
        outbox.push_answer(b"one").unwrap();
        outbox.push_answer(b"two").unwrap();
        assert!(outbox.wait().await);
        let out = taken(&outbox);
        assert_eq!(out, b"onetwo");
        assert!(!outbox.is_written(), "it is only being written");
        assert!(futures::FutureExt::now_or_never(outbox.wait()).is_none() && outbox.is_written());
    }

    #[tokio::test]
    async fn a_full_outbox_refuses_calls_but_not_answers() {
        let outbox = Outbox::new(3);
        outbox.push(b"four", stamp()).unwrap();
        assert_eq!(outbox.push(b"x", stamp()), Err(Unsent::Full));
        assert!(!outbox.has_room());
        assert_eq!(outbox.push_answer(b"y"), Ok(()));
        taken(&outbox);
        assert!(outbox.has_room());
    }

    #[tokio::test]
    async fn finishing_writes_what_is_there_and_closing_does_not() {
        let outbox = Outbox::new(100);
        outbox.push(b"last", stamp()).unwrap();
        outbox.finish();
        assert_eq!(outbox.push(b"late", stamp()), Err(Unsent::Closed));
        assert!(outbox.wait().await);
        taken(&outbox);
        assert!(!outbox.wait().await);

        let outbox = Outbox::new(100);
        outbox.push(b"last", stamp()).unwrap();
        outbox.close();
        assert!(!outbox.wait().await);
    }
}
