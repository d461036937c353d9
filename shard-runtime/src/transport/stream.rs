//! One connection, whatever carries it.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;

use super::halves::{ReadHalf, WriteHalf};
use super::memory::MemoryStream;
#[cfg(feature = "tls")]
use super::tls::{self, Unsecured};
use super::writer::TcpWriteHalf;

/// A connection between two ends that have not said anything yet.
#[derive(Debug)]
pub(crate) enum Stream {
    /// A TCP connection, with the address of the other end.
    Tcp { socket: TcpStream, peer: SocketAddr },
    /// A TCP connection that is to be encrypted.
    #[cfg(feature = "tls")]
    Tls(Unsecured),
    /// A connection of the network in memory.
    Memory(MemoryStream),
}

/// A connection that carries bytes both ways.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The two directions, to be used from two tasks. Neither waits for the other.
    pub(crate) read: ReadHalf,
    pub(crate) write: WriteHalf,
    pub(crate) shown: Shown,
    /// What both ends know this connection by, and nobody else: nothing, where nothing is encrypted.
    pub(crate) channel: Vec<u8>,
}

/// What the other end has shown of itself.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Nothing is asked of it here.
    Nothing,
    /// Its certificate, which is one of a node.
    #[cfg(feature = "tls")]
    Certificate(rustls::pki_types::CertificateDer<'static>),
}

/// Why nothing of ours can be said over a connection.
#[derive(Debug)]
pub(crate) enum NotOpened {
    /// The connection, or what the other end has shown, which is in the error.
    Io(io::Error),
    /// The other end does not encrypt, as it would have to. It can be told so in the clear, and nothing else.
    #[cfg(feature = "tls")]
    Plain(ReadHalf, WriteHalf),
}

impl Stream {
    /// Has the two ends say to each other what goes before our own bytes: nothing, but for TLS.
    ///
    /// It has no limit of time of its own.
    ///
    /// # Errors
    ///
    /// When the two do not trust each other, or the connection fails.
    #[cfg_attr(not(feature = "tls"), expect(clippy::unused_async, reason = "TLS waits for the other end"))]
    pub(crate) async fn open(self) -> Result<Opened, NotOpened> {
        let (read, write) = match self {
            Self::Tcp { socket, .. } => {
                let (reader, writer) = socket.into_split();
                (ReadHalf::Tcp(reader), WriteHalf::Tcp(TcpWriteHalf::new(writer)))
            }
            #[cfg(feature = "tls")]
            // In a box, so that whoever opens a stream is not as large as all that TLS may have to say.
            Self::Tls(unsecured) => return Box::pin(unsecured.open()).await,
            Self::Memory(stream) => {
                let (reader, writer) = stream.into_split();
                (ReadHalf::Memory(reader), WriteHalf::Memory(writer))
            }
        };
        Ok(Opened { read, write, shown: Shown::Nothing, channel: Vec::new() })
    }

    /// The other end, for logs and errors.
    pub(crate) fn peer_description(&self) -> String {
        match self {
            Self::Tcp { peer, .. } => peer.to_string(),
            #[cfg(feature = "tls")]
            Self::Tls(unsecured) => unsecured.peer().to_string(),
            Self::Memory(stream) => stream.remote().to_owned(),
        }
    }

    /// The other end's IP address, for limits per address. In memory there is one only if the name of the end is one.
    pub(crate) fn remote_ip(&self) -> Option<IpAddr> {
        let peer = match self {
            Self::Tcp { peer, .. } => *peer,
            #[cfg(feature = "tls")]
            Self::Tls(unsecured) => unsecured.peer(),
            Self::Memory(stream) => {
                return stream.remote().parse().ok().map(|address: SocketAddr| address.ip());
            }
        };
        // An IPv4 peer of a socket that listens on IPv6 shows up as a mapped address; one peer is to have one.
        Some(peer.ip().to_canonical())
    }
}

impl Shown {
    /// What speaks against the other end when it says that it is reached at `address`.
    pub(crate) fn objection(&self, address: &str) -> Option<String> {
        match self {
            // Whoever cannot be dialled need not be known by a name.
            _ if address.is_empty() => None,
            Self::Nothing => None,
            #[cfg(feature = "tls")]
            Self::Certificate(certificate) => {
                tls::covers(certificate, address).err().map(|fault| format!("its certificate {fault}"))
            }
        }
    }
}

impl From<io::Error> for NotOpened {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
