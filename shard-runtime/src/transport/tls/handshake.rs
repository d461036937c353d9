//! Before the first byte of ours.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::server::Acceptor;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::{LazyConfigAcceptor, TlsConnector, TlsStream};

use super::PROTOCOL;
use super::distrust::{Distrust, explained};
use super::halves::{Secured, halves};
use super::keeper::Keeper;
use super::socket::Socket;
use crate::transport::host_port::host_and_port;
use crate::transport::stream::{NotOpened, Opened, Shown};
use crate::transport::writer::TcpWriteHalf;
use crate::transport::{ReadHalf, WriteHalf};

/// The first byte of whatever begins a connection in TLS: the type of a record with a handshake in it.
const HANDSHAKE: u8 = 0x16;

/// What a connection is known by at its two ends, and nowhere else (RFC 9266).
const CHANNEL: &[u8] = b"EXPORTER-Channel-Binding";

/// Bytes that are read of somebody who has said nothing yet: those of a `ClientHello`, which takes some hundred.
const HELLO: usize = 4 * 1024;

/// Bytes that are read of what then proves who the other side is: certificates in the first place, and whatever comes with
/// them in one piece.
const PROOF: usize = 12 * 1024;

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
        let channel = match &secured {
            TlsStream::Client(stream) => {
                stream.get_ref().1.export_keying_material(vec![0; 32], CHANNEL, None)
            }
            TlsStream::Server(stream) => {
                stream.get_ref().1.export_keying_material(vec![0; 32], CHANNEL, None)
            }
        };
        let channel = channel.map_err(io::Error::other)?;
        let (read, write) = halves(secured);
        let (read, write) = (ReadHalf::Tls(read), WriteHalf::Tls(write));
        Ok(Opened { read, write, shown: Shown::Certificate(shown.into_owned()), channel })
    }
}

async fn connect(socket: TcpStream, keeper: &Keeper, name: ServerName<'static>) -> io::Result<Secured> {
    let connector = TlsConnector::from(Arc::clone(&keeper.current().client));
    let socket = Socket::new(socket, HELLO + PROOF);
    let mut secured = connector.connect(name, socket).await.map_err(explained)?;
    secured.get_mut().0.trust();
    Ok(TlsStream::Client(secured))
}

async fn accept(socket: TcpStream, keeper: &Keeper) -> Result<Secured, NotOpened> {
    let mut first = [0];
    if socket.peek(&mut first).await? == 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    if first != [HANDSHAKE] {
        let (read, write) = socket.into_split();
        return Err(NotOpened::Plain(ReadHalf::Tcp(read), WriteHalf::Tcp(TcpWriteHalf::new(write))));
    }
    let mut waiting = LazyConfigAcceptor::new(Acceptor::default(), Socket::new(socket, HELLO));
    let mut greeted = match (&mut waiting).await {
        Ok(greeted) => greeted,
        Err(error) => return Err(refused(error, waiting.take_io()).await),
    };
    greeted.io.allow(PROOF);
    let server = Arc::clone(&keeper.current().server);
    match greeted.into_stream(server).into_fallible().await {
        Ok(mut secured) => {
            secured.get_mut().0.trust();
            Ok(TlsStream::Server(secured))
        }
        Err((error, socket)) => Err(refused(error, Some(socket)).await),
    }
}

/// The reason is on its way in an alert, and is to arrive before the end.
async fn refused(error: io::Error, socket: Option<Socket>) -> NotOpened {
    if let Some(mut socket) = socket {
        let _ = socket.shutdown().await;
    }
    explained(error).into()
}

/// The name by which whoever is dialled at `address` is to be known: its host.
pub(in crate::transport) fn name_of(address: &str) -> io::Result<ServerName<'static>> {
    let host = host_and_port(address).map_or(address, |(host, _)| host);
    ServerName::try_from(host.to_owned()).map_err(|_| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("`{host}` can be the name of no certificate"))
    })
}
