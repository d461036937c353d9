//! The two directions of a link over TLS.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf, split};
use tokio::task::coop::unconstrained;
use tokio_rustls::TlsStream;

use super::distrust::explained;
use super::socket::Socket;

/// What TLS knows of a connection, with its socket.
pub(crate) type Secured = TlsStream<Socket>;

/// The direction that bytes come from.
#[derive(Debug)]
pub(crate) struct TlsReadHalf(ReadHalf<Secured>);

/// The direction that bytes go to.
///
/// What is written may wait here until it is flushed: up to 64 KiB. When it is dropped it says goodbye, as far as the
/// socket takes it without waiting, so that the other side can tell an end from a cut.
#[derive(Debug)]
pub(crate) struct TlsWriteHalf(Option<WriteHalf<Secured>>);

pub(super) fn halves(secured: Secured) -> (TlsReadHalf, TlsWriteHalf) {
    let (read, write) = split(secured);
    (TlsReadHalf(read), TlsWriteHalf(Some(write)))
}

/// Puts both directions together again, and takes them off their runtime.
pub(in crate::transport) fn detached(read: TlsReadHalf, mut write: TlsWriteHalf) -> io::Result<Box<Secured>> {
    let write = write.0.take().filter(|write| read.0.is_pair_of(write));
    let write = write.ok_or_else(|| io::Error::other("the halves are of two connections"))?;
    let mut secured = Box::new(read.0.unsplit(write));
    secured.get_mut().0.detach()?;
    Ok(secured)
}

/// Gives both directions to the runtime that this is called on.
pub(in crate::transport) fn attached(mut secured: Box<Secured>) -> io::Result<(TlsReadHalf, TlsWriteHalf)> {
    secured.get_mut().0.attach()?;
    Ok(halves(*secured))
}

impl AsyncRead for TlsReadHalf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer).map_err(explained)
    }
}

impl TlsWriteHalf {
    fn half(self: Pin<&mut Self>) -> io::Result<Pin<&mut WriteHalf<Secured>>> {
        self.get_mut().0.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncWrite for TlsWriteHalf {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.half()?.poll_write(context, bytes).map_err(explained)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.half()?.poll_write_vectored(context, slices).map_err(explained)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.half()?.poll_flush(context).map_err(explained)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.half()?.poll_shutdown(context).map_err(explained)
    }
}

impl Drop for TlsWriteHalf {
    fn drop(&mut self) {
        let Some(half) = &mut self.0 else { return };
        // Once, and whatever the task has left of its turn: nobody will come back for the rest.
        let goodbye = pin!(unconstrained(half.shutdown()));
        let _ = goodbye.poll(&mut Context::from_waker(Waker::noop()));
    }
}
