//! The two directions of a connection.
//!
//! Enums and not trait objects: the read and write loops of a link are the hottest code that there is.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

use super::memory::{MemoryReadHalf, MemoryWriteHalf};
#[cfg(feature = "tls")]
use super::tls::{self, TlsReadHalf, TlsWriteHalf};
use super::writer::TcpWriteHalf;

/// The direction that bytes come from.
#[derive(Debug)]
pub(crate) enum ReadHalf {
    Tcp(OwnedReadHalf),
    #[cfg(feature = "tls")]
    Tls(TlsReadHalf),
    Memory(MemoryReadHalf),
}

/// The direction that bytes go to. Dropping it ends the direction, as `shutdown` does, after what was flushed.
#[derive(Debug)]
pub(crate) enum WriteHalf {
    Tcp(TcpWriteHalf),
    #[cfg(feature = "tls")]
    Tls(TlsWriteHalf),
    Memory(MemoryWriteHalf),
}

/// A connection that no runtime looks after, on its way from one to another.
#[derive(Debug)]
pub(crate) enum Detached {
    Tcp(std::net::TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tls::Secured>),
    Memory(MemoryReadHalf, MemoryWriteHalf),
}

impl Detached {
    /// Takes a connection off the runtime that it was made on.
    ///
    /// # Errors
    ///
    /// When the halves are of two connections, or for the operating system's reason.
    pub(crate) fn new(read: ReadHalf, write: WriteHalf) -> io::Result<Self> {
        match (read, write) {
            (ReadHalf::Tcp(read), WriteHalf::Tcp(write)) => Ok(Self::Tcp(write.reunite(read)?.into_std()?)),
            #[cfg(feature = "tls")]
            (ReadHalf::Tls(read), WriteHalf::Tls(write)) => tls::detached(read, write).map(Self::Tls),
            (ReadHalf::Memory(read), WriteHalf::Memory(write)) => Ok(Self::Memory(read, write)),
            _ => Err(io::Error::other("the halves are of two connections")),
        }
    }

    /// Gives the connection to the runtime that this is called on.
    ///
    /// # Errors
    ///
    /// The operating system's reason.
    pub(crate) fn attached(self) -> io::Result<(ReadHalf, WriteHalf)> {
        Ok(match self {
            Self::Tcp(socket) => {
                let (read, write) = TcpStream::from_std(socket)?.into_split();
                (ReadHalf::Tcp(read), WriteHalf::Tcp(TcpWriteHalf::new(write)))
            }
            #[cfg(feature = "tls")]
            Self::Tls(secured) => {
                let (read, write) = tls::attached(secured)?;
                (ReadHalf::Tls(read), WriteHalf::Tls(write))
            }
            Self::Memory(read, write) => (ReadHalf::Memory(read), WriteHalf::Memory(write)),
        })
    }
}

impl WriteHalf {
    /// What writes as many bytes at once as can be, for whoever holds no half, as long as the direction is open. `None`
    /// where that is not known to be all that there is to do: what is encrypted has to be written by one alone.
    pub(crate) fn at_once(&self) -> Option<impl Fn(&[u8]) -> usize + Send + Sync + 'static> {
        match self {
            Self::Tcp(half) => Some(half.at_once()),
            #[cfg(feature = "tls")]
            Self::Tls(_) => None,
            Self::Memory(_) => None,
        }
    }
}

impl AsyncRead for ReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(half) => Pin::new(half).poll_read(context, buffer),
            #[cfg(feature = "tls")]
            Self::Tls(half) => Pin::new(half).poll_read(context, buffer),
            Self::Memory(half) => Pin::new(half).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for WriteHalf {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(half) => Pin::new(half).poll_write(context, bytes),
            #[cfg(feature = "tls")]
            Self::Tls(half) => Pin::new(half).poll_write(context, bytes),
            Self::Memory(half) => Pin::new(half).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(half) => Pin::new(half).poll_write_vectored(context, slices),
            #[cfg(feature = "tls")]
            Self::Tls(half) => Pin::new(half).poll_write_vectored(context, slices),
            Self::Memory(half) => Pin::new(half).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(half) => half.is_write_vectored(),
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.is_write_vectored(),
            Self::Memory(half) => half.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(half) => Pin::new(half).poll_flush(context),
            #[cfg(feature = "tls")]
            Self::Tls(half) => Pin::new(half).poll_flush(context),
            Self::Memory(half) => Pin::new(half).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(half) => Pin::new(half).poll_shutdown(context),
            #[cfg(feature = "tls")]
            Self::Tls(half) => Pin::new(half).poll_shutdown(context),
            Self::Memory(half) => Pin::new(half).poll_shutdown(context),
        }
    }
}
