//! One end of a connection in memory.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::poll_proceed;
use tokio::time::{Instant, Sleep, sleep_until};

use super::pipe::{Found, Pipe};

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct MemoryStream {
    remote: String,
    reader: MemoryReadHalf,
    writer: MemoryWriteHalf,
}

/// The bytes that arrive at this end.
#[derive(Debug)]
pub(crate) struct MemoryReadHalf {
    incoming: Arc<Pipe>,
    /// Set while the next byte is on its way through a delayed link.
    arrival: Option<Pin<Box<Sleep>>>,
    _end: Arc<End>,
}

/// The bytes that leave from this end.
#[derive(Debug)]
pub(crate) struct MemoryWriteHalf {
    outgoing: Arc<Pipe>,
    _end: Arc<End>,
}

/// Both halves. As with TCP, one half alone closes nothing but its own direction.
#[derive(Debug)]
struct End {
    incoming: Arc<Pipe>,
}

impl MemoryStream {
    pub(super) fn new(remote: String, incoming: Arc<Pipe>, outgoing: Arc<Pipe>) -> Self {
        let end = Arc::new(End { incoming: Arc::clone(&incoming) });
        Self {
            remote,
            reader: MemoryReadHalf { incoming, arrival: None, _end: Arc::clone(&end) },
            writer: MemoryWriteHalf { outgoing, _end: end },
        }
    }

    pub(crate) fn into_split(self) -> (MemoryReadHalf, MemoryWriteHalf) {
        (self.reader, self.writer)
    }

    /// The name of the other end.
    pub(crate) fn remote(&self) -> &str {
        &self.remote
    }
}

impl AsyncRead for MemoryReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // A socket takes part in tokio's cooperation, so a pipe that is always ready does too.
        let budget = ready!(poll_proceed(context));
        loop {
            let instant = match this.incoming.read(context, Instant::now(), buffer)? {
                Found::Taken => {
                    this.arrival = None;
                    budget.made_progress();
                    return Poll::Ready(Ok(()));
                }
                Found::Nothing => {
                    this.arrival = None;
                    return Poll::Pending;
                }
                Found::Later(instant) => instant,
            };
            let arrival = this.arrival.get_or_insert_with(|| Box::pin(sleep_until(instant)));
            if arrival.deadline() != instant {
                arrival.as_mut().reset(instant);
            }
            ready!(arrival.as_mut().poll(context));
            this.arrival = None;
        }
    }
}

impl AsyncWrite for MemoryWriteHalf {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let budget = ready!(poll_proceed(context));
        let written = ready!(self.outgoing.write(context, Instant::now(), slices));
        budget.made_progress();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.finish(Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl Drop for MemoryWriteHalf {
    fn drop(&mut self) {
        self.outgoing.finish(Instant::now());
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.incoming.abandon();
    }
}
