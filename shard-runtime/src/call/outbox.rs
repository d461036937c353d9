//! The bytes that wait to be written to one link. Many callers and handlers append whole frames; the
//! link's task takes them all at once, so that a wake-up costs one write however many frames it has. Where nothing waits
//! a frame may also be written by whoever has made it; the rest of one that did not fit is then what waits first. Of what is
//! large it takes one chunk at a time, so that no small frame waits for more than that.

use core::future::poll_fn;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::room::Room;
use crate::wire::chunk::{CHUNK, Parts};
use crate::wire::{Answer, FrameKind, HEADER_LEN, Unknown, peek};

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
    drained: Notify,
    /// Whether so much waits that no call of the peer may make more of it.
    full: AtomicBool,
    limit: usize,
    ceiling: usize,
    /// The same bytes as they count for the whole node.
    room: Arc<Room>,
}

/// How far above the limit answers may pile up before nothing more is read from the peer.
const CEILING: usize = 8;

/// Bytes that may wait when a stream adds more.
const STREAMS: usize = 512 * 1024;

/// How much more than the limit is of what is large. One such message can be as long as the limit; if it counted with
/// the small ones, they would be refused beside it instead of passing it.
const LARGE: usize = 4;

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
        let (bytes, stamps) = (self.bytes.len(), self.stamps.len());
        self.bytes.clear();
        self.bytes.shrink_to(kept(bytes, self.bytes.capacity(), 256 * 1024));
        self.stamps.clear();
        self.stamps.shrink_to(kept(stamps, self.stamps.capacity(), 1024));
    }

    /// Tells the calls whose remaining time is not among the first `written` bytes how much they have left `now`.
    pub(crate) fn stamp(&mut self, written: usize, now: Instant) {
        for stamp in self.stamps.iter().rev().take_while(|stamp| stamp.at >= written) {
            stamp_frame(&mut self.bytes, *stamp, now);
        }
    }
}

fn stamp_frame(bytes: &mut [u8], stamp: Stamp, now: Instant) {
    let left = stamp.deadline.saturating_duration_since(now);
    let remaining = left.as_secs().saturating_mul(1_000_000).saturating_add(left.subsec_micros().into());
    if let Some(place) = bytes.get_mut(stamp.at..).and_then(<[u8]>::first_chunk_mut) {
        *place = remaining.to_le_bytes();
    }
}

/// How much of a buffer's capacity is kept when so much of it was used: all of it up to a bound, or half if it was far
/// too much, so that a link that was busy once holds little when it is quiet.
pub(crate) fn kept(used: usize, capacity: usize, most: usize) -> usize {
    most.min(if used < capacity / 8 { capacity / 2 } else { capacity })
}

/// Writes as many bytes as can be without waiting, and tells how many.
pub(crate) type WriteAtOnce = Box<dyn Fn(&[u8]) -> usize + Send + Sync>;

#[derive(Default)]
struct Buffer {
    batch: Batch,
    /// Messages that leave in chunks, the next one first.
    large: VecDeque<Large>,
    /// Bytes that these hold.
    large_bytes: usize,
    /// What was here before is being written: so many bytes.
    writing: Option<usize>,
    /// The link's own writer, if it waits for something to write.
    writer: Option<Waker>,
    /// Whether what waits is to leave in the same turn.
    urgent: bool,
    /// Writes as many bytes as can be, now: for whoever need not wait for the link's writer.
    at_once: Option<WriteAtOnce>,
    /// Streams that wait for less to wait here.
    writers: Vec<Waker>,
    /// No frame is taken any more; what is here is still written.
    finishing: bool,
    closed: bool,
}

/// A message that leaves in chunks.
struct Large {
    parts: Parts,
    /// Of a call: where in its body the remaining time stands, and when it ends.
    stamp: Option<Stamp>,
}

impl Outbox {
    /// From `limit` waiting bytes on, or [`LARGE`] times as many of large messages, no call is taken, in either
    /// direction: ours are refused here, the peer's by an answer. Answers to calls that run are still taken, and the
    /// peer is still read, since two nodes that both waited for the other to read would wait for ever. Only above all
    /// that calls can make wait nothing more is read, and a peer that does not read either is cut off by the blocked
    /// write.
    pub(crate) fn new(limit: usize, room: Arc<Room>) -> Self {
        let ceiling = limit.saturating_mul(CEILING);
        Self {
            buffer: Mutex::default(),
            drained: Notify::new(),
            full: AtomicBool::new(false),
            limit,
            ceiling,
            room,
        }
    }

    /// Lets callers who are alone write by themselves, until the link is closed.
    pub(crate) fn lend(&self, at_once: WriteAtOnce) {
        let mut buffer = self.lock();
        if !buffer.closed {
            buffer.at_once = Some(at_once);
        }
    }

    /// Appends the frame of a call, or refuses it. What leaves in chunks is taken out of `frame`.
    ///
    /// Of a caller who is `alone` it is written here, if nothing else is to be: it would be the only frame in its write
    /// anyway, and the way over the link's own task is a turn of the scheduler.
    pub(crate) fn push(&self, frame: &mut Vec<u8>, stamp: Stamp, alone: bool) -> Result<Way, Unsent> {
        if frame.len() > HEADER_LEN + CHUNK {
            return self.push_large(core::mem::take(frame), stamp).map(|()| Way::InChunks);
        }
        let mut buffer = self.open()?;
        if alone && let Some(write) = buffer.writes_at_once() {
            // Only now: to encode it may have taken its time.
            let now = Instant::now();
            stamp_frame(frame, stamp, now);
            let written = write(frame);
            if written > 0 {
                // What has begun has to end.
                if let Some(rest) = frame.get(written..).filter(|rest| !rest.is_empty()) {
                    self.room.force(rest.len());
                    let left = stamp.at.checked_sub(written);
                    buffer.batch.stamps.extend(left.map(|at| Stamp { at, ..stamp }));
                    self.add(buffer, rest);
                }
                return Ok(Way::Written(now));
            }
        }
        if !self.takes_small(&buffer) || !self.room.take(frame.len()) {
            return Err(Unsent::Full);
        }
        let before = buffer.batch.bytes.len();
        buffer.batch.stamps.push(Stamp { at: before + stamp.at, ..stamp });
        self.add(buffer, frame);
        Ok(Way::Queued)
    }

    fn push_large(&self, frame: Vec<u8>, stamp: Stamp) -> Result<(), Unsent> {
        let buffer = self.open()?;
        match Parts::new(frame) {
            Ok(parts) if self.takes_large(&buffer) && self.room.take(parts.held()) => {
                self.add_large(buffer, parts, Some(stamp));
                Ok(())
            }
            Ok(_) | Err(_) => Err(Unsent::Full),
        }
    }

    /// Appends frames that answer what the peer asked, and control frames: bounded by what the peer may
    /// have in flight, so that they are not refused for want of room.
    pub(crate) fn push_answer(&self, frames: &[u8]) -> Result<(), Unsent> {
        let buffer = self.open()?;
        self.room.force(frames.len());
        self.add(buffer, frames);
        Ok(())
    }

    /// The same by the link's own task, of all that it has to answer for now. If nothing else is to be written they are
    /// written here, as far as that goes without waiting (`true`: some of it). The rest the task writes in the same turn,
    /// and need not be woken for that.
    pub(crate) fn push_answers_of_this_turn(&self, frames: &[u8]) -> Result<bool, Unsent> {
        let mut buffer = self.open()?;
        let written = buffer.writes_at_once().map_or(0, |write| write(frames));
        if let Some(rest) = frames.get(written..).filter(|rest| !rest.is_empty()) {
            self.room.force(rest.len());
            buffer.batch.bytes.extend_from_slice(rest);
            buffer.urgent = true;
            self.note_fullness(&buffer);
        }
        Ok(written > 0)
    }

    /// The same of one frame, which leaves in chunks if it is large. Of these only so many wait: a method that has
    /// run cannot be refused, but what it brought can.
    pub(crate) fn push_reply(&self, frame: Vec<u8>) -> Result<(), Unsent> {
        let parts = match Parts::new(frame) {
            Ok(parts) => parts,
            Err(frame) => return self.push_answer(&frame),
        };
        let buffer = self.open()?;
        let held = parts.held();
        if buffer.waiting() + held <= self.ceiling && self.room.take(held) {
            self.add_large(buffer, parts, None);
            return Ok(());
        }
        drop(buffer);
        let reason = Unknown::ReplyTooLarge { size: held as u64, limit: self.ceiling as u64 };
        self.push_answer(Answer::unknown(parts.id(), &reason).as_bytes())
    }

    /// Drops what has not left yet of a large message. `false`: there is none such.
    pub(crate) fn withdraw(&self, kind: FrameKind, id: u64) -> bool {
        let mut buffer = self.lock();
        let is_it = |large: &Large| (large.parts.kind(), large.parts.id()) == (kind, id);
        let Some(large) = buffer.large.iter().position(is_it).and_then(|at| buffer.large.remove(at)) else {
            return false;
        };
        let held = large.parts.held();
        buffer.large_bytes -= held;
        self.room.give(held);
        let before = buffer.batch.bytes.len();
        large.parts.give_up(&mut buffer.batch.bytes);
        self.room.force(buffer.batch.bytes.len() - before);
        self.note_fullness(&buffer);
        wake_writer(buffer);
        self.drained.notify_waiters();
        true
    }

    fn open(&self) -> Result<MutexGuard<'_, Buffer>, Unsent> {
        let buffer = self.lock();
        if buffer.closed || buffer.finishing { Err(Unsent::Closed) } else { Ok(buffer) }
    }

    #[inline]
    fn add(&self, mut buffer: MutexGuard<'_, Buffer>, frames: &[u8]) {
        buffer.batch.bytes.extend_from_slice(frames);
        self.note_fullness(&buffer);
        wake_writer(buffer);
    }

    fn add_large(&self, mut buffer: MutexGuard<'_, Buffer>, parts: Parts, stamp: Option<Stamp>) {
        buffer.large_bytes += parts.held();
        buffer.large.push_back(Large { parts, stamp });
        self.note_fullness(&buffer);
        wake_writer(buffer);
    }

    /// Waits until there is something to write.
    pub(crate) async fn wait(&self) -> ToWrite {
        poll_fn(|cx| {
            let mut buffer = self.lock();
            // Whoever comes for more has written what it took.
            self.room.give(buffer.writing.take().unwrap_or_default());
            if buffer.waiting() > 0 && !buffer.closed {
                return Poll::Ready(buffer.to_write());
            }
            if buffer.closed || buffer.finishing {
                return Poll::Ready(ToWrite::Nothing);
            }
            buffer.writer = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Moves all that waits into `into`, which must be empty and gives its capacity in exchange. Calls are
    /// told the time that they have left `now`.
    pub(crate) fn take(&self, into: &mut Batch, now: Instant) {
        debug_assert!(into.bytes.is_empty(), "what is in there would be written after what comes later");
        {
            let mut buffer = self.lock();
            self.room.give(buffer.writing.take().unwrap_or_default());
            buffer.urgent = false;
            core::mem::swap(&mut buffer.batch, into);
            // They take turns, so that none waits for all of another.
            if let Some(mut large) = buffer.large.pop_front() {
                let was_held = large.parts.held();
                let appended = large.parts.append_next(&mut into.bytes);
                let stamp = large.stamp.take();
                into.stamps.extend(stamp.map(|stamp| Stamp { at: appended.start + stamp.at, ..stamp }));
                self.room.force(into.bytes.len() - appended.start);
                if appended.more {
                    buffer.large.push_back(large);
                } else {
                    buffer.large_bytes -= was_held;
                    self.room.give(was_held);
                }
            }
            buffer.writing = Some(into.bytes.len()).filter(|bytes| *bytes > 0);
            self.note_fullness(&buffer);
            for writer in buffer.writers.drain(..) {
                writer.wake();
            }
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

    /// Waits until so few bytes wait that a stream may make more of them, or it is closed. What a stream has to say is
    /// never urgent, and there may be many of them.
    pub(crate) fn poll_for_stream(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut buffer = self.lock();
        if buffer.batch.bytes.len() <= STREAMS || buffer.closed {
            return Poll::Ready(());
        }
        buffer.writers.push(cx.waker().clone());
        Poll::Pending
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
        !self.full.load(Ordering::Acquire)
    }

    /// To be called after each change of what waits.
    #[inline]
    fn note_fullness(&self, buffer: &Buffer) {
        let full = !self.takes_small(buffer) || !self.takes_large(buffer);
        if self.full.load(Ordering::Relaxed) != full {
            self.full.store(full, Ordering::Release);
        }
    }

    fn takes_small(&self, buffer: &Buffer) -> bool {
        buffer.batch.bytes.len() <= self.limit
    }

    fn takes_large(&self, buffer: &Buffer) -> bool {
        buffer.large_bytes <= self.limit.saturating_mul(LARGE)
    }

    /// Whether everything that was put in here has been written.
    pub(crate) fn is_written(&self) -> bool {
        let buffer = self.lock();
        buffer.closed || (buffer.waiting() == 0 && buffer.writing.is_none())
    }

    /// Bytes that wait; none once closed.
    fn waiting(&self) -> usize {
        self.lock().waiting()
    }

    /// Takes no more frames; what is here is still written.
    pub(crate) fn finish(&self) {
        let mut buffer = self.lock();
        buffer.finishing = true;
        wake_writer(buffer);
    }

    /// Drops what waits and takes no more.
    pub(crate) fn close(&self) {
        {
            let mut buffer = self.lock();
            buffer.closed = true;
            buffer.at_once = None;
            let writing = buffer.writing.take().unwrap_or_default();
            self.room.give(buffer.waiting() + writing);
            buffer.batch = Batch::default();
            buffer.large.clear();
            buffer.large_bytes = 0;
            self.note_fullness(&buffer);
            for writer in buffer.writers.drain(..) {
                writer.wake();
            }
            wake_writer(buffer);
        }
        self.drained.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the link's own task if it waits for something to write.
fn wake_writer(mut buffer: MutexGuard<'_, Buffer>) {
    let writer = buffer.writer.take();
    drop(buffer);
    if let Some(writer) = writer {
        writer.wake();
    }
}

/// What there is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToWrite {
    /// Nothing, and nothing will come any more.
    Nothing,
    /// What is complete as it is, and waits for nobody.
    AtOnce,
    /// One call or reply that goes in one frame.
    One,
    /// Something to which others may want to add.
    Some,
}

/// How a call leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It waits for the link's writer.
    Queued,
    /// The same, and it is cut in chunks.
    InChunks,
    /// It has left, or begun to, at that time.
    Written(Instant),
}

impl Buffer {
    /// What writes as much as can be now, if nothing waits and nothing is being written, and others than the link's
    /// writer may write.
    fn writes_at_once(&self) -> Option<&WriteAtOnce> {
        let is_idle = self.writer.is_some() && self.waiting() == 0 && self.writing.is_none();
        self.at_once.as_ref().filter(|_| is_idle)
    }

    fn to_write(&self) -> ToWrite {
        if self.urgent {
            return ToWrite::AtOnce;
        }
        // What concerns the link itself is never urgent.
        let one = peek(&self.batch.bytes, CHUNK).ok().flatten().is_some_and(|(header, body)| {
            matches!(header.kind, FrameKind::Call | FrameKind::Reply)
                && HEADER_LEN + body.len() == self.batch.bytes.len()
        });
        if one && self.large.is_empty() { ToWrite::One } else { ToWrite::Some }
    }

    /// Bytes that wait.
    fn waiting(&self) -> usize {
        self.batch.bytes.len() + self.large_bytes
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn outbox(limit: usize) -> Outbox {
        Outbox::new(limit, Arc::new(Room::new(1 << 30)))
    }

    /// Nowhere in these short frames.
    fn stamp() -> Stamp {
        Stamp { at: 1_000, deadline: Instant::now() }
    }

    fn taken(outbox: &Outbox) -> Vec<u8> {
        let mut batch = Batch::default();
        outbox.take(&mut batch, Instant::now());
        batch.bytes
    }

    /// An outbox whose writer waits, with a socket that takes at most so many bytes at a time, and what it has taken.
    fn lent(most: usize) -> (Outbox, Arc<Mutex<Vec<u8>>>) {
        let (outbox, socket) = (outbox(1_000), Arc::new(Mutex::new(Vec::new())));
        let taken = Arc::clone(&socket);
        outbox.lend(Box::new(move |bytes| {
            let part = bytes.get(..most).unwrap_or(bytes);
            taken.lock().unwrap().extend_from_slice(part);
            part.len()
        }));
        writer_waits(&outbox);
        (outbox, socket)
    }

    fn writer_waits(outbox: &Outbox) {
        assert!(futures::FutureExt::now_or_never(outbox.wait()).is_none());
    }

    #[tokio::test]
    async fn whoever_is_alone_writes_and_wakes_nobody() {
        let (outbox, socket) = lent(100);
        let way = outbox.push(&mut b"one".to_vec(), stamp(), true);
        assert!(matches!(way, Ok(Way::Written(_))), "{way:?}");
        assert_eq!(outbox.push_answers_of_this_turn(b"two"), Ok(true));
        assert_eq!((&**socket.lock().unwrap(), outbox.is_written()), (&b"onetwo"[..], true));
        // Others may want to add to what is not alone, and nothing overtakes what waits.
        assert_eq!(outbox.push(&mut b"three".to_vec(), stamp(), false), Ok(Way::Queued));
        assert_eq!(outbox.push(&mut b"four".to_vec(), stamp(), true), Ok(Way::Queued));
        assert_eq!(outbox.push_answers_of_this_turn(b"five"), Ok(false));
        assert_eq!((socket.lock().unwrap().len(), taken(&outbox)), (6, b"threefourfive".to_vec()));
        // Nor what is being written.
        assert_eq!(outbox.push(&mut b"six".to_vec(), stamp(), true), Ok(Way::Queued));
        assert_eq!(taken(&outbox), b"six");
        writer_waits(&outbox);
        outbox.close();
        assert_eq!(outbox.push(&mut b"late".to_vec(), stamp(), true), Err(Unsent::Closed));
        assert_eq!(
            (socket.lock().unwrap().len(), Arc::strong_count(&socket)),
            (6, 1),
            "what was lent is back"
        );
    }

    #[tokio::test]
    async fn what_a_socket_does_not_take_waits_in_front_of_all_others() {
        let (outbox, socket) = lent(4);
        assert!(matches!(outbox.push(&mut b"abcdef".to_vec(), stamp(), true), Ok(Way::Written(_))));
        outbox.push(&mut b"gh".to_vec(), stamp(), true).unwrap();
        assert_eq!((&**socket.lock().unwrap(), &*taken(&outbox)), (&b"abcd"[..], &b"efgh"[..]));
        writer_waits(&outbox);
        assert_eq!(outbox.push_answers_of_this_turn(b"ABCDEF"), Ok(true));
        assert_eq!(outbox.wait().await, ToWrite::AtOnce);
        outbox.finish();
        assert_eq!(outbox.wait().await, ToWrite::AtOnce, "it has an end, and that is written");
        assert_eq!(taken(&outbox), b"EF");
        assert_eq!(outbox.wait().await, ToWrite::Nothing);
        assert_eq!(outbox.room.used(), 0);
        // One that takes nothing now.
        let (outbox, _) = lent(0);
        assert_eq!(outbox.push(&mut b"abc".to_vec(), stamp(), true), Ok(Way::Queued));
        assert_eq!(taken(&outbox), b"abc");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_written_at_once_is_told_the_time_that_is_left_then_and_its_rest_later() {
        let (outbox, socket) = lent(100);
        let stamp = Stamp { at: 2, deadline: Instant::now() + Duration::from_secs(5) };
        tokio::time::advance(Duration::from_secs(1)).await;
        outbox.push(&mut b"..________..".to_vec(), stamp, true).unwrap();
        assert_eq!(socket.lock().unwrap()[2..10], 4_000_000_u64.to_le_bytes());
        let (outbox, _) = lent(1);
        outbox.push(&mut b"..________..".to_vec(), stamp, true).unwrap();
        let mut batch = Batch::default();
        outbox.take(&mut batch, Instant::now() + Duration::from_secs(3));
        assert_eq!(batch.bytes[1..9], 1_000_000_u64.to_le_bytes());
    }

    #[tokio::test]
    async fn a_call_is_told_the_time_that_is_left_when_it_leaves() {
        let (outbox, now) = (outbox(100), Instant::now());
        outbox.push_answer(b"before").unwrap();
        for seconds in [5, 1] {
            let stamp = Stamp { at: 2, deadline: now + Duration::from_secs(seconds) };
            outbox.push(&mut b"..________..".to_vec(), stamp, false).unwrap();
        }
        let mut batch = Batch::default();
        outbox.take(&mut batch, now + Duration::from_secs(3));
        let left = |at: usize| u64::from_le_bytes(batch.bytes[at..at + 8].try_into().unwrap());
        assert_eq!((left(6 + 2), left(6 + 12 + 2)), (2_000_000, 0));
        assert_eq!((&batch.bytes[..8], &batch.bytes[16..20]), (&b"before.."[..], &b"...."[..]));
    }

    #[tokio::test]
    async fn calls_that_a_blocked_write_holds_up_are_told_again_and_those_that_have_left_are_not() {
        let (outbox, now) = (outbox(100), Instant::now());
        let stamp = Stamp { at: 2, deadline: now + Duration::from_secs(5) };
        for _ in 0..3 {
            outbox.push(&mut b"..________..".to_vec(), stamp, false).unwrap();
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
        outbox.push(&mut b"..________..".to_vec(), stamp, false).unwrap();
        outbox.take(&mut batch, now);
        batch.stamp(0, now + Duration::from_secs(4));
        assert_eq!(batch.bytes[2..10], 1_000_000_u64.to_le_bytes(), "what had left before is forgotten");
    }

    #[tokio::test]
    async fn frames_leave_together_and_in_order() {
        let outbox = outbox(100);
        outbox.push_answer(b"one").unwrap();
        outbox.push_answer(b"two").unwrap();
        assert_eq!(outbox.wait().await, ToWrite::Some);
        let out = taken(&outbox);
        assert_eq!(out, b"onetwo");
        assert!(!outbox.is_written(), "it is only being written");
        assert!(futures::FutureExt::now_or_never(outbox.wait()).is_none() && outbox.is_written());
    }

    #[tokio::test]
    async fn a_full_outbox_refuses_calls_but_not_answers() {
        let outbox = outbox(3);
        outbox.push(&mut b"four".to_vec(), stamp(), false).unwrap();
        assert_eq!(outbox.push(&mut b"x".to_vec(), stamp(), false), Err(Unsent::Full));
        assert!(!outbox.has_room());
        assert_eq!(outbox.push_answer(b"y"), Ok(()));
        taken(&outbox);
        assert!(outbox.has_room());
    }

    #[tokio::test]
    async fn what_is_large_leaves_the_room_of_what_is_small() {
        const CHUNK: usize = crate::wire::chunk::CHUNK;
        let outbox = outbox(2 * CHUNK);
        for id in 1..=4 {
            assert_eq!(outbox.push(&mut call(id, 2 * CHUNK + 5), stamp(), false), Ok(Way::InChunks));
            assert_eq!(
                outbox.push(&mut b"small".to_vec(), stamp(), false),
                Ok(Way::Queued),
                "beside as much as the limit of what is large"
            );
        }
        assert_eq!(outbox.push(&mut call(5, 2 * CHUNK), stamp(), false), Err(Unsent::Full));
        assert!(!outbox.has_room());
        assert_eq!(outbox.push(&mut b"small".to_vec(), stamp(), false), Ok(Way::Queued));
        for _ in 0..3 {
            taken(&outbox);
        }
        assert!(!outbox.has_room(), "none of them has left as a whole");
        for id in 1..=4 {
            outbox.withdraw(FrameKind::Call, id);
        }
        assert!(outbox.has_room());
    }

    #[tokio::test]
    async fn finishing_writes_what_is_there_and_closing_does_not() {
        let ending = outbox(100);
        ending.push(&mut b"last".to_vec(), stamp(), false).unwrap();
        ending.finish();
        assert_eq!(ending.push(&mut b"late".to_vec(), stamp(), false), Err(Unsent::Closed));
        assert_eq!(ending.wait().await, ToWrite::Some);
        taken(&ending);
        assert_eq!(ending.wait().await, ToWrite::Nothing);

        let outbox = outbox(100);
        outbox.push(&mut b"last".to_vec(), stamp(), false).unwrap();
        outbox.close();
        assert_eq!(outbox.wait().await, ToWrite::Nothing);
    }

    /// A call whose body has `size` bytes.
    fn call(id: u64, size: usize) -> Vec<u8> {
        let mut frame = Vec::new();
        crate::wire::write_frame(&mut frame, FrameKind::Call, id, &vec![7; size]).unwrap();
        frame
    }

    fn chunked(outbox: &Outbox) -> Vec<(u64, usize)> {
        let mut bytes = bytes::BytesMut::from(taken(outbox).as_slice());
        let next = || crate::wire::next_frame(&mut bytes, usize::MAX).unwrap();
        core::iter::from_fn(next).map(|frame| (frame.header.id, frame.body.len())).collect()
    }

    #[tokio::test]
    async fn small_frames_pass_large_ones_and_large_ones_take_turns() {
        const CHUNK: usize = crate::wire::chunk::CHUNK;
        let outbox = outbox(1 << 20);
        assert_eq!(outbox.push(&mut call(1, 2 * CHUNK + 5), stamp(), false), Ok(Way::InChunks));
        assert_eq!(outbox.push(&mut call(2, CHUNK + 1), stamp(), false), Ok(Way::InChunks));
        assert_eq!(outbox.push(&mut call(3, 10), stamp(), false), Ok(Way::Queued));
        assert_eq!(chunked(&outbox), [(3, 10), (1, CHUNK)]);
        outbox.push(&mut call(4, 10), stamp(), false).unwrap();
        assert_eq!(chunked(&outbox), [(4, 10), (2, CHUNK)]);
        assert_eq!(chunked(&outbox), [(1, CHUNK)]);
        assert_eq!(chunked(&outbox), [(2, 1)]);
        assert_eq!(chunked(&outbox), [(1, 5)]);
        assert!(futures::FutureExt::now_or_never(outbox.wait()).is_none() && outbox.is_written());
        assert_eq!(outbox.room.used(), 0);
    }

    #[tokio::test]
    async fn what_is_withdrawn_leaves_nothing_behind_but_a_word_to_whoever_has_some_of_it() {
        const CHUNK: usize = crate::wire::chunk::CHUNK;
        let outbox = outbox(1 << 20);
        outbox.push(&mut call(1, 2 * CHUNK), stamp(), false).unwrap();
        assert!(outbox.withdraw(FrameKind::Call, 1));
        assert_eq!(chunked(&outbox), []);
        outbox.push(&mut call(2, 2 * CHUNK), stamp(), false).unwrap();
        assert_eq!(chunked(&outbox), [(2, CHUNK)]);
        assert!(outbox.withdraw(FrameKind::Call, 2) && !outbox.withdraw(FrameKind::Call, 2));
        assert_eq!(chunked(&outbox), [(2, 0)]);
        outbox.push(&mut call(3, 2 * CHUNK), stamp(), false).unwrap();
        outbox.close();
        assert_eq!(outbox.room.used(), 0);
    }

    #[tokio::test]
    async fn a_large_call_is_told_the_time_that_is_left_when_its_first_chunk_leaves() {
        let (outbox, now) = (outbox(1 << 20), Instant::now());
        let stamp = Stamp { at: 16 + 2, deadline: now + Duration::from_secs(5) };
        outbox.push_answer(b"before").unwrap();
        outbox.push(&mut call(1, 100_000), stamp, false).unwrap();
        let mut batch = Batch::default();
        outbox.take(&mut batch, now + Duration::from_secs(3));
        let at = 6 + 16 + 2;
        assert_eq!(batch.bytes[at..at + 8], 2_000_000_u64.to_le_bytes());
        assert_eq!(batch.bytes[at + 8], 7);
    }

    #[tokio::test]
    async fn links_share_the_room_of_their_node() {
        let room = Arc::new(Room::new(100));
        let [one, other] = [(); 2].map(|()| Outbox::new(1000, Arc::clone(&room)));
        one.push(&mut vec![0; 80], stamp(), false).unwrap();
        assert_eq!(other.push(&mut vec![0; 30], stamp(), false), Err(Unsent::Full));
        drop(one);
        assert_eq!(other.push(&mut vec![0; 30], stamp(), false), Ok(Way::Queued));
    }
}
