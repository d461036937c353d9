//! One connection, whatever carries it.

use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;

use super::halves::{ReadHalf, WriteHalf};
use super::memory::MemoryStream;

/// An open connection that carries bytes both ways.
#[derive(Debug)]
pub(crate) enum Stream {
    /// A TCP connection, with the address of the other end.
    Tcp { socket: TcpStream, peer: SocketAddr },
    /// A connection of the network in memory.
    Memory(MemoryStream),
}

impl Stream {
    /// The two directions, to be used from two tasks. Neither waits for the other.
    pub(crate) fn into_split(self) -> (ReadHalf, WriteHalf) {
        match self {
            Self::Tcp { socket, .. } => {
                let (reader, writer) = socket.into_split();
                (ReadHalf::Tcp(reader), WriteHalf::Tcp(writer))
            }
            Self::Memory(stream) => {
                let (reader, writer) = stream.into_split();
                (ReadHalf::Memory(reader), WriteHalf::Memory(writer))
            }
        }
    }

    /// The other end, for logs and errors.
    pub(crate) fn peer_description(&self) -> String {
        match self {
            Self::Tcp { peer, .. } => peer.to_string(),
            Self::Memory(stream) => stream.remote().to_owned(),
        }
    }

    /// The other end's IP address, for limits per address. In memory there is one only if the name of the end is one.
    pub(crate) fn remote_ip(&self) -> Option<IpAddr> {
        match self {
            // An IPv4 peer of a socket that listens on IPv6 shows up as a mapped address; one peer is to have one.
            Self::Tcp { peer, .. } => Some(peer.ip().to_canonical()),
            Self::Memory(stream) => stream.remote().parse().ok().map(|address: SocketAddr| address.ip()),
        }
    }
}
