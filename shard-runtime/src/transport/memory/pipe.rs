//! One direction of a connection: the bytes on their way, in order.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::link::Link;

/// What a direction holds before its writer has to wait.
const BUFFER: usize = 64 * 1024;
/// What it holds beyond that while the link has a delay. With the buffer alone, a delay would also be a brake: 64 KiB per
/// delay and no more.
const IN_FLIGHT: usize = 1024 * 1024;

#[derive(Debug)]
pub(super) struct Pipe {
    state: Mutex<State>,
    /// All bytes that readers took, anywhere in the network.
    carried: Arc<AtomicU64>,
}

#[derive(Debug)]
struct State {
    link: Link,
    segments: VecDeque<Segment>,
    held_bytes: usize,
    reader: Option<Waker>,
    writer: Option<Waker>,
    sending: Sending,
    taking: Taking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Open,
    /// The writer has said that nothing follows.
    Finished,
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taking {
    Open,
    /// The reader's node has closed the whole connection, so nobody will take another byte.
    Abandoned,
    Reset,
}

#[derive(Debug)]
struct Segment {
    arrival: Arrival,
    /// No bytes at all mean the end of the direction.
    bytes: BytesMut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// It lies at the reader's node: a cut comes too late for it.
    Here,
    At(Instant),
    /// The link is cut. It will be sent again once the link is whole, as TCP would.
    Held,
}

/// What a reader finds.
pub(super) enum Found {
    /// Bytes were taken, or the direction has ended if none were.
    Taken,
    /// The next byte arrives then; the reader is woken if that changes.
    Later(Instant),
    /// Nothing is on its way; the reader is woken when something is.
    Nothing,
}

impl Pipe {
    pub(super) fn new(link: Link, carried: Arc<AtomicU64>) -> Self {
        Self {
            state: Mutex::new(State {
                link,
                segments: VecDeque::new(),
                held_bytes: 0,
                reader: None,
                writer: None,
                sending: Sending::Open,
                taking: Taking::Open,
            }),
            carried,
        }
    }

    pub(super) fn read(
        &self,
        context: &Context<'_>,
        now: Instant,
        buffer: &mut ReadBuf<'_>,
    ) -> io::Result<Found> {
        let mut state = self.lock();
        if state.taking == Taking::Reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let before = buffer.remaining();
        while buffer.remaining() > 0 {
            let Some(front) = state.segments.front_mut() else {
                break;
            };
            match front.arrival {
                Arrival::Here => {}
                Arrival::At(instant) if instant <= now => {}
                Arrival::At(_) | Arrival::Held => break,
            }
            if front.bytes.is_empty() {
                // The end stays where it is: every later read finds it too.
                return Ok(Found::Taken);
            }
            let count = front.bytes.len().min(buffer.remaining());
            buffer.put_slice(&front.bytes[..count]);
            front.bytes.advance(count);
            if front.bytes.is_empty() {
                state.segments.pop_front();
            }
            state.held_bytes -= count;
        }
        let taken = before - buffer.remaining();
        if taken > 0 || before == 0 {
            self.carried.fetch_add(taken as u64, Ordering::Relaxed);
            wake(&mut state.writer);
            return Ok(Found::Taken);
        }
        state.reader = Some(context.waker().clone());
        Ok(match state.segments.front().map(|front| front.arrival) {
            Some(Arrival::At(instant)) => Found::Later(instant),
            _ => Found::Nothing,
        })
    }

    pub(super) fn write(
        &self,
        context: &Context<'_>,
        now: Instant,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        if state.sending == Sending::Reset {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        // Behind a cut the writer cannot know that the other end has closed.
        let closed = state.taking == Taking::Abandoned && !state.link.cut;
        if closed || state.sending == Sending::Finished {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        let mut room = state.room();
        if room == 0 {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        let mut written = 0;
        for slice in slices {
            let count = slice.len().min(room);
            state.push(now, &slice[..count]);
            room -= count;
            written += count;
        }
        wake(&mut state.reader);
        Poll::Ready(Ok(written))
    }

    /// Nothing follows. The reader learns it after the bytes before it.
    pub(super) fn finish(&self, now: Instant) {
        let mut state = self.lock();
        if state.sending == Sending::Open {
            state.sending = Sending::Finished;
            let arrival = state.arrival(now);
            state.segments.push_back(Segment { arrival, bytes: BytesMut::new() });
            wake(&mut state.reader);
        }
    }

    /// The reader's node has closed the connection; its writer fails from now on.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        if state.taking == Taking::Open {
            state.taking = Taking::Abandoned;
        }
        wake(&mut state.writer);
    }

    pub(super) fn reset_reader(&self) {
        let mut state = self.lock();
        state.taking = Taking::Reset;
        state.segments.clear();
        state.held_bytes = 0;
        wake(&mut state.reader);
    }

    pub(super) fn reset_writer(&self) {
        let mut state = self.lock();
        state.sending = Sending::Reset;
        wake(&mut state.writer);
    }

    pub(super) fn set_link(&self, now: Instant, link: Link) {
        let mut state = self.lock();
        let before = state.link;
        state.link = link;
        for segment in &mut state.segments {
            segment.arrival = match segment.arrival {
                Arrival::At(instant) if instant <= now => Arrival::Here,
                Arrival::At(_) if link.cut => Arrival::Held,
                Arrival::Held if !link.cut => after(now, link),
                other => other,
            };
        }
        if before.cut != link.cut || before.delay != link.delay {
            wake(&mut state.reader);
            wake(&mut state.writer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&self) -> usize {
        let limit = if self.link.delay.is_zero() { BUFFER } else { BUFFER + IN_FLIGHT };
        limit.saturating_sub(self.held_bytes)
    }

    fn push(&mut self, now: Instant, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.held_bytes += bytes.len();
        let arrival = self.arrival(now);
        match self.segments.back_mut() {
            Some(back) if back.arrival == arrival => back.bytes.extend_from_slice(bytes),
            _ => self.segments.push_back(Segment { arrival, bytes: BytesMut::from(bytes) }),
        }
    }

    /// When a byte that is sent now arrives. If the delay has shrunk, that may be before one that was sent earlier; readers
    /// take from the front only, so it waits for that one.
    fn arrival(&self, now: Instant) -> Arrival {
        if self.link.cut { Arrival::Held } else { after(now, self.link) }
    }
}

fn after(now: Instant, link: Link) -> Arrival {
    if link.delay.is_zero() { Arrival::Here } else { Arrival::At(now + link.delay) }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
