//! Where connections arrive.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::accept::until_accepted;
use super::memory::MemoryListener;
use super::stream::Stream;

/// A bound address. Dropping it frees the address; connections that were accepted live on.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpAcceptor),
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
            Self::Tcp(acceptor) => acceptor.accept().await,
            Self::Memory(listener) => Stream::Memory(listener.accept().await),
        }
    }

    /// The address that is bound, with the port that was really taken: `127.0.0.1:41234`.
    pub(crate) fn local_address(&self) -> String {
        match self {
            Self::Tcp(acceptor) => acceptor.local.to_string(),
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

    async fn accept(&self) -> Stream {
        let address = self.local;
        let (socket, peer) = until_accepted(&address, || self.socket.accept()).await;
        // It fails only for a connection that is already gone, which whoever reads from it finds out.
        let _ = socket.set_nodelay(true);
        Stream::Tcp { socket, peer }
    }
}
