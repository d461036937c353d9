//! The direction of a TCP connection that bytes go to.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// One task writes, and waits until it can. Others may write, too, if they do not wait.
#[derive(Debug)]
pub(crate) struct TcpWriteHalf(Arc<OwnedWriteHalf>);

impl TcpWriteHalf {
    pub(super) fn new(half: OwnedWriteHalf) -> Self {
        Self(Arc::new(half))
    }

    /// The connection, if nobody else holds this half.
    ///
    /// # Errors
    ///
    /// When somebody does, or the halves are of two connections.
    pub(super) fn reunite(self, read: OwnedReadHalf) -> io::Result<TcpStream> {
        let half = Arc::try_unwrap(self.0).map_err(|_| io::Error::other("somebody else writes, too"))?;
        read.reunite(half).map_err(io::Error::other)
    }

    /// What writes as many bytes at once as can be. What goes wrong is found by whoever writes the rest.
    pub(super) fn at_once(&self) -> impl Fn(&[u8]) -> usize + Send + Sync + 'static {
        let half = Arc::downgrade(&self.0);
        move |bytes| half.upgrade().and_then(|half| half.try_write(bytes).ok()).unwrap_or_default()
    }

    fn poll(
        &self,
        context: &mut Context<'_>,
        write: impl Fn(&OwnedWriteHalf) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.as_ref().as_ref().poll_write_ready(context))?;
            match write(&self.0) {
                // It was ready until a moment ago.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncWrite for TcpWriteHalf {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(context, |half| half.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(context, |half| half.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream: &TcpStream = self.0.as_ref().as_ref();
        Poll::Ready(SockRef::from(stream).shutdown(Shutdown::Write))
    }
}
