//! The socket below TLS.
//!
//! rustls reads 4 KiB at a time. To read more into a buffer here, and hand it on from there, was measured to be no faster.

use std::io;
use std::mem::replace;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket that can go from one runtime to another while all that TLS knows of the connection stays where it is.
#[derive(Debug)]
pub(crate) enum Socket {
    /// With the runtime that it was made on, or given to.
    Attached(TcpStream),
    /// On its way.
    Detached(std::net::TcpStream),
    /// It could not be moved.
    Lost,
}

impl Socket {
    /// Takes it off its runtime.
    pub(super) fn detach(&mut self) -> io::Result<()> {
        if let Self::Attached(socket) = replace(self, Self::Lost) {
            *self = Self::Detached(socket.into_std()?);
        }
        Ok(())
    }

    /// Gives it to the runtime that this is called on.
    pub(super) fn attach(&mut self) -> io::Result<()> {
        if let Self::Detached(socket) = replace(self, Self::Lost) {
            *self = Self::Attached(TcpStream::from_std(socket)?);
        }
        Ok(())
    }

    fn attached(self: Pin<&mut Self>) -> io::Result<Pin<&mut TcpStream>> {
        match self.get_mut() {
            Self::Attached(socket) => Ok(Pin::new(socket)),
            Self::Detached(_) | Self::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.attached()?.poll_read(context, buffer)
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
