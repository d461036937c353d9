//! Before the first byte of ours.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::PROTOCOL;
use super::distrust::{Distrust, explained};
use super::halves::{Secured, halves};
use super::keeper::Keeper;
use super::socket::Socket;
use crate::transport::host_port::host_and_port;
use crate::transport::stream::{NotOpened, Opened, Shown};
use crate::transport::{ReadHalf, WriteHalf};

/// The first byte of whatever begins a connection in TLS: the type of a record with a handshake in it.
const HANDSHAKE: u8 = 0x16;

/// What a connection is known by at its two ends, and nowhere else (RFC 9266).
const CHANNEL: &[u8] = b"EXPORTER-Channel-Binding";

/// A TCP connection over which TLS has yet to be begun.
#[derive(Debug)]
pub(crate) struct Unsecured {
    socket: TcpStream,
    peer: SocketAddr,
    keeper: Arc<Keeper>,
    /// Whom this side has dialled, if it has.
    dialled: Option<ServerName<'static>>,
}

impl Unsecured {
    pub(in crate::transport) fn accepted(
        (socket, peer): (TcpStream, SocketAddr),
        keeper: Arc<Keeper>,
    ) -> Self {
        Self { socket, peer, keeper, dialled: None }
    }

    pub(in crate::transport) fn dialled(
        (socket, peer): (TcpStream, SocketAddr),
        keeper: Arc<Keeper>,
        name: ServerName<'static>,
    ) -> Self {
        Self { socket, peer, keeper, dialled: Some(name) }
    }

    pub(in crate::transport) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Shows this node's certificate, and looks at the other side's.
    pub(in crate::transport) async fn open(self) -> Result<Opened, NotOpened> {
        let Self { socket, keeper, dialled, .. } = self;
        let secured = match dialled {
            Some(name) => connect(socket, &keeper, name).await?,
            None => accept(socket, &keeper).await?,
        };
        let (_, session) = secured.get_ref();
        if session.alpn_protocol() != Some(PROTOCOL) {
            let other = "it speaks TLS, but not as a node does".to_owned();
            return Err(Distrust::OfThem(other).into_io().into());
        }
        // Neither side's handshake comes to an end without one.
        let shown = session.peer_certificates().and_then(<[_]>::first).cloned();
        let shown = shown.ok_or_else(|| Distrust::OfThem("it shows no certificate".to_owned()).into_io())?;
        let (read, write) = halves(secured);
        let (read, write) = (ReadHalf::Tls(read), WriteHalf::Tls(write));
        Ok(Opened { read, write, shown: Shown::Certificate(shown.into_owned()), channel })
    }
}

async fn connect(socket: TcpStream, keeper: &Keeper, name: ServerName<'static>) -> io::Result<Secured> {
    let connector = TlsConnector::from(Arc::clone(&keeper.current().client));
        let channel = match &secured {
            TlsStream::Client(stream) => {
                stream.get_ref().1.export_keying_material(vec![0; 32], CHANNEL, None)
            }
            TlsStream::Server(stream) => {
                stream.get_ref().1.export_keying_material(vec![0; 32], CHANNEL, None)
            }
        };
        let channel = channel.map_err(io::Error::other)?;
    let secured = connector.connect(name, Socket::Attached(socket)).await.map_err(explained)?;
    Ok(TlsStream::Client(secured))
}

async fn accept(socket: TcpStream, keeper: &Keeper) -> Result<Secured, NotOpened> {
    let mut first = [0];
    if socket.peek(&mut first).await? == 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    if first != [HANDSHAKE] {
        let (read, write) = socket.into_split();
        return Err(NotOpened::Plain(ReadHalf::Tcp(read), WriteHalf::Tcp(write)));
    }
    let acceptor = TlsAcceptor::from(Arc::clone(&keeper.current().server));
    match acceptor.accept(Socket::Attached(socket)).into_fallible().await {
        Ok(secured) => Ok(TlsStream::Server(secured)),
        Err((error, mut socket)) => {
            // The reason is on its way in an alert, and is to arrive before the end.
            let _ = socket.shutdown().await;
            Err(explained(error).into())
        }
    }
}

/// The name by which whoever is dialled at `address` is to be known: its host.
pub(in crate::transport) fn name_of(address: &str) -> io::Result<ServerName<'static>> {
    let host = host_and_port(address).map_or(address, |(host, _)| host);
    ServerName::try_from(host.to_owned()).map_err(|_| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("`{host}` can be the name of no certificate"))
    })
}
