//! Where connections arrive.

use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};

use super::accept::until_accepted;
use super::memory::MemoryListener;
use super::stream::Stream;
#[cfg(feature = "tls")]
use super::tls::{Keeper, Unsecured};

/// A bound address. Dropping it frees the address; connections that were accepted live on.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpAcceptor),
    #[cfg(feature = "tls")]
    Tls(TcpAcceptor, Arc<Keeper>),
    Memory(MemoryListener),
}

impl Listener {
    /// The next connection.
    ///
    /// It never fails: whatever is wrong (a connection that broke before it was accepted, no file descriptor left) ends
    /// by itself or by somebody else's doing, and a node that stopped accepting would be lost without a sign.
    /// It may be cancelled at any time without losing a connection.
    pub(crate) async fn accept(&mut self) -> Stream {
        match self {
            Self::Tcp(acceptor) => {
                let (socket, peer) = acceptor.accept().await;
                Stream::Tcp { socket, peer }
            }
            #[cfg(feature = "tls")]
            Self::Tls(acceptor, keeper) => {
                Stream::Tls(Unsecured::accepted(acceptor.accept().await, Arc::clone(keeper)))
            }
            Self::Memory(listener) => Stream::Memory(listener.accept().await),
        }
    }

    /// The address that is bound, with the port that was really taken: `127.0.0.1:41234`.
    pub(crate) fn local_address(&self) -> String {
        match self {
            Self::Tcp(acceptor) => acceptor.local.to_string(),
            #[cfg(feature = "tls")]
            Self::Tls(acceptor, _) => acceptor.local.to_string(),
            Self::Memory(listener) => listener.name().to_owned(),
        }
    }
}

/// A TCP socket that listens.
#[derive(Debug)]
pub(crate) struct TcpAcceptor {
    socket: TcpListener,
    local: SocketAddr,
}

impl TcpAcceptor {
    pub(super) fn new(socket: TcpListener, local: SocketAddr) -> Self {
        Self { socket, local }
    }

    async fn accept(&self) -> (TcpStream, SocketAddr) {
        let address = self.local;
        let (socket, peer) = until_accepted(&address, || self.socket.accept()).await;
        // It fails only for a connection that is already gone, which whoever reads from it finds out.
        let _ = socket.set_nodelay(true);
        (socket, peer)
    }
}
