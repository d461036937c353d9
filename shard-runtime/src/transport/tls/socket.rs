//! The socket below TLS.
//!
//! rustls reads 4 KiB at a time. To read more into a buffer here, and hand it on from there, was measured to be no faster.

use std::io;
use std::mem::replace;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::distrust::Distrust;

/// A socket that can go from one runtime to another while all that TLS knows of the connection stays where it is.
#[derive(Debug)]
pub(crate) struct Socket {
    place: Place,
    /// Bytes that may still be read; all that come, once the other side has proved who it is.
    allowance: Option<usize>,
}

#[derive(Debug)]
enum Place {
    /// With the runtime that it was made on, or given to.
    Attached(TcpStream),
    /// On its way.
    Detached(std::net::TcpStream),
    /// It could not be moved.
    Lost,
}

impl Socket {
    /// `allowance`: bytes that are read of whoever has not proved anything.
    pub(super) fn new(socket: TcpStream, allowance: usize) -> Self {
        Self { place: Place::Attached(socket), allowance: Some(allowance) }
    }

    /// Reads so many bytes more.
    pub(super) fn allow(&mut self, more: usize) {
        self.allowance = self.allowance.map(|left| left.saturating_add(more));
    }

    /// Reads whatever comes from now on.
    pub(super) fn trust(&mut self) {
        self.allowance = None;
    }

    /// Takes it off its runtime.
    pub(super) fn detach(&mut self) -> io::Result<()> {
        if let Place::Attached(socket) = replace(&mut self.place, Place::Lost) {
            self.place = Place::Detached(socket.into_std()?);
        }
        Ok(())
    }

    /// Gives it to the runtime that this is called on.
    pub(super) fn attach(&mut self) -> io::Result<()> {
        if let Place::Detached(socket) = replace(&mut self.place, Place::Lost) {
            self.place = Place::Attached(TcpStream::from_std(socket)?);
        }
        Ok(())
    }

    fn attached(self: Pin<&mut Self>) -> io::Result<Pin<&mut TcpStream>> {
        match &mut self.get_mut().place {
            Place::Attached(socket) => Ok(Pin::new(socket)),
            Place::Detached(_) | Place::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(allowance) = self.allowance else { return self.attached()?.poll_read(context, buffer) };
        if allowance == 0 {
            let longer = "its TLS handshake is longer than that of a node may be".to_owned();
            return Poll::Ready(Err(Distrust::OfThem(longer).into_io()));
        }
        let some = allowance.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(some));
        ready!(self.as_mut().attached()?.poll_read(context, &mut part))?;
        let count = part.filled().len();
        buffer.advance(count);
        self.allowance = Some(allowance.saturating_sub(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.attached()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.attached()?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.attached()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.attached()?.poll_shutdown(context)
    }
}
