//! From a socket to a link: the handshake, then the tables. `wire/handshake` decides; this reads and
//! writes.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use super::config::LARGEST_MESSAGE;
use super::connection::HEAD_ROOM;
use super::inner::Inner;
use super::peers;
use crate::call::{Introduction, Peer};
use crate::membership::{Boot, NodeName};
#[cfg(feature = "tls")]
use crate::transport::Distrust;
use crate::transport::{Detached, NotOpened, Opened, ReadHalf, Shown, Stream, WriteHalf};
use crate::wire::handshake::{
    ALL_OR_NONE, HandshakeError, Initiator, PeerHello, Purpose, Refusal, RefusalCode, Responder,
    decode_accept, encode_accept,
};
use crate::wire::{FrameKind, Tables, is_tls, next_frame, write_frame};

/// The longest frame that is read from somebody who has not proved anything.
const UNPROVEN: usize = 4 * 1024;

/// A link that is ready to carry calls.
pub(super) struct Link {
    pub(super) peer: Arc<Peer>,
    /// Closes it when nobody runs it any more.
    pub(super) run: RunsLink,
    pub(super) read: ReadHalf,
    pub(super) write: WriteHalf,
    /// What was read behind the tables.
    pub(super) rest: BytesMut,
}

/// A link over which two nodes tell each other that they live.
pub(super) struct LivenessLink {
    pub(super) hello: PeerHello,
    pub(super) socket: Detached,
    /// What was read behind the handshake.
    pub(super) rest: BytesMut,
}

/// What somebody dialled for.
pub(super) enum Accepted {
    Calls(Link),
    Liveness(LivenessLink),
}

/// Held by whoever runs a link, or is going to. A call waits on a link until that is closed, so a task that is
/// dropped with its link, as a node's are when it stops, must not leave it open.
pub(super) struct RunsLink(Arc<Peer>);

impl Drop for RunsLink {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Why no link came of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("{0}")]
    Io(io::Error),
    #[error("the handshake took too long")]
    Slow,
    #[error("this node refuses the other: {0}")]
    WeRefuse(Refusal),
    #[error("the other node refuses this one, saying that {refusal}")]
    TheyRefuse {
        refusal: Refusal,
        /// Who refused, if it had said so by then.
        boot: Option<Boot>,
    },
    #[error("{0}")]
    Handshake(HandshakeError),
    #[error("the other side does not speak the protocol: {0}")]
    Protocol(String),
    #[error("the other side speaks TLS, and this node does not: {ALL_OR_NONE}")]
    InTls,
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        #[cfg(feature = "tls")]
        match Distrust::of(&error) {
            Some(reason @ Distrust::NotInTls) => {
                return Self::WeRefuse(Refusal::one_sided(&reason.to_string()));
            }
            Some(Distrust::OfThem(reason)) => return Self::WeRefuse(Refusal::new(RefusalCode::Tls, reason)),
            Some(Distrust::OfUs(reason)) => {
                return Self::TheyRefuse { refusal: Refusal::new(RefusalCode::Tls, reason), boot: None };
            }
            None => {}
        }
        Self::Io(error)
    }
}

/// The dialling side.
pub(super) async fn dialled(inner: &Arc<Inner>, stream: Stream) -> Result<Link, LinkError> {
    within(inner, async {
        let ours = inner.door.boot();
        let (io, hello) = proven(inner, stream, Purpose::Calls, ours).await?;
        peers::admit(inner, &hello, true).await.map_err(LinkError::WeRefuse)?;
        introduce(inner, io, hello, (ours, true)).await
    })
    .await
}

/// The dialling side of a link for liveness.
pub(super) async fn dialled_liveness(inner: &Arc<Inner>, stream: Stream) -> Result<LivenessLink, LinkError> {
    within(inner, async {
        let (io, hello) = proven(inner, stream, Purpose::Liveness, inner.door.boot()).await?;
        peers::admit_liveness(inner, &hello).await.map_err(LinkError::WeRefuse)?;
        io.into_liveness(hello)
    })
    .await
}

/// Both have proved who they are, and the other side takes us in.
async fn proven(
    inner: &Inner,
    stream: Stream,
    purpose: Purpose,
    ours: Boot,
) -> Result<(Io, PeerHello), LinkError> {
    let mut io = Io::open(stream).await?;
    let (proof, hello) = greet(inner, &mut io, purpose, ours).await?;
    io.send(FrameKind::Proof, &proof).await?;
    match io.receive(UNPROVEN).await? {
        (FrameKind::Accept, body) => decode_accept(&body).map_err(LinkError::Handshake)?,
        (FrameKind::Refuse, body) => return Err(refused(&body, Some(Boot::new(hello.boot)))),
        (kind, _) => return Err(unexpected(kind)),
    }
    Ok((io, hello))
}

/// Asks whoever listens there for its name and boot, and hangs up.
pub(super) async fn identify(inner: &Arc<Inner>, stream: Stream) -> Result<PeerHello, LinkError> {
    within(inner, async {
        let mut io = Io::open(stream).await?;
        greet(inner, &mut io, Purpose::Liveness, inner.door.boot()).await.map(|(_, hello)| hello)
    })
    .await
}

async fn greet(
    inner: &Inner,
    io: &mut Io,
    purpose: Purpose,
    ours: Boot,
) -> Result<(Vec<u8>, PeerHello), LinkError> {
    let config = inner.handshake(ours).over(&io.channel);
    let (initiator, hello) = Initiator::new(config, purpose, nonce()?);
    io.send(FrameKind::Hello, &hello).await?;
    let (proof, hello) = match io.receive(UNPROVEN).await? {
        (FrameKind::Challenge, body) => initiator.on_challenge(&body).map_err(|error| match error {
            HandshakeError::Mismatch(refusal) => LinkError::WeRefuse(refusal),
            other => LinkError::Handshake(other),
        })?,
        (FrameKind::Refuse, body) => return Err(refused(&body, None)),
        (kind, _) => return Err(unexpected(kind)),
    };
    io.check_address(&hello)?;
    Ok((proof, hello))
}

/// The side that was dialled.
pub(super) async fn accepted(inner: &Arc<Inner>, stream: Stream) -> Result<Accepted, LinkError> {
    within(inner, async {
        let mut io = Io::open(stream).await?;
        let ours = inner.door.boot();
        match respond(inner, &mut io, ours).await {
            Ok(hello) if hello.purpose == Purpose::Liveness => {
                io.into_liveness(hello).map(Accepted::Liveness)
            }
            Ok(hello) => introduce(inner, io, hello, (ours, false)).await.map(Accepted::Calls),
            Err(LinkError::WeRefuse(refusal)) => {
                io.refuse(&refusal).await;
                Err(LinkError::WeRefuse(refusal))
            }
            Err(other) => Err(other),
        }
    })
    .await
}

async fn respond(inner: &Arc<Inner>, io: &mut Io, ours: Boot) -> Result<PeerHello, LinkError> {
    let hello = io.expect(FrameKind::Hello).await.map_err(|error| match error {
        LinkError::InTls => LinkError::WeRefuse(Refusal::tls()),
        other => other,
    })?;
    // Whoever was slow to say hello must not meet the keys of long ago.
    let responder = Responder::new(inner.handshake(ours).over(&io.channel), nonce()?);
    let (challenged, challenge) = responder.on_hello(&hello).map_err(LinkError::WeRefuse)?;
    io.send(FrameKind::Challenge, &challenge).await?;
    let proof = io.expect(FrameKind::Proof).await?;
    let hello = challenged.on_proof(&proof).map_err(LinkError::WeRefuse)?;
    io.check_address(&hello)?;
    match hello.purpose {
        Purpose::Calls => peers::admit(inner, &hello, false).await,
        Purpose::Liveness => peers::admit_liveness(inner, &hello).await,
    }
    .map_err(LinkError::WeRefuse)?;
    io.send(FrameKind::Accept, &encode_accept()).await?;
    Ok(hello)
}

/// Both sides tell their tables.
async fn introduce(
    inner: &Arc<Inner>,
    mut io: Io,
    hello: PeerHello,
    (ours, dialled): (Boot, bool),
) -> Result<Link, LinkError> {
    io.send(FrameKind::Tables, &inner.tables).await?;
    let (kind, body) = io.receive(LARGEST_MESSAGE + HEAD_ROOM).await?;
    if kind != FrameKind::Tables {
        return Err(unexpected(kind));
    }
    let tables = Tables::decode(&body).map_err(|error| LinkError::Protocol(error.to_string()))?;
    let name = NodeName::try_from(hello.node).map_err(|error| LinkError::Protocol(error.to_string()))?;
    let who = Introduction {
        name,
        boot: Boot::new(hello.boot),
        ours,
        dialled,
        in_flight: inner.settings.in_flight_per_peer,
        outbox_bytes: inner.settings.outbox_bytes,
        budget: inner.door.budget(Boot::new(hello.boot)),
        room: Arc::clone(&inner.door.bytes_out),
    };
    let peer = Arc::new(Peer::new(who, &tables, inner.door.registry.entries(), Instant::now()));
    let run = RunsLink(Arc::clone(&peer));
    Ok(Link { peer, run, read: io.read, write: io.write, rest: io.buffer })
}

async fn within<T>(
    inner: &Inner,
    handshake: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    timeout(inner.settings.handshake_timeout, handshake).await.unwrap_or(Err(LinkError::Slow))
}

fn refused(body: &[u8], boot: Option<Boot>) -> LinkError {
    match Refusal::decode(body) {
        Ok(refusal) => LinkError::TheyRefuse { refusal, boot },
        Err(malformed) => LinkError::Protocol(malformed.to_string()),
    }
}

fn unexpected(kind: FrameKind) -> LinkError {
    LinkError::Protocol(format!("a frame of kind {kind:?} has no place in the handshake"))
}

/// 32 random bytes, new for each handshake.
fn nonce() -> io::Result<[u8; 32]> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(io::Error::other)?;
    Ok(nonce)
}

/// Frames over a socket, one at a time.
struct Io {
    read: ReadHalf,
    write: WriteHalf,
    shown: Shown,
    channel: Vec<u8>,
    buffer: BytesMut,
}

impl Io {
    /// Comes to where frames can be sent.
    async fn open(stream: Stream) -> Result<Self, LinkError> {
        match stream.open().await {
            Ok(opened) => Ok(Self::new(opened)),
            Err(NotOpened::Io(error)) => Err(error.into()),
            #[cfg(feature = "tls")]
            Err(NotOpened::Plain(read, write)) => {
                let refusal = Refusal::plain();
                let mut io = Self::new(Opened { read, write, shown: Shown::Nothing, channel: Vec::new() });
                // What it has said is taken in and not looked at, so that the answer is not lost with it.
                let _ = io.receive(UNPROVEN).await;
                io.refuse(&refusal).await;
                Err(LinkError::WeRefuse(refusal))
            }
        }
    }

    fn new(Opened { read, write, shown, channel }: Opened) -> Self {
        Self { read, write, shown, channel, buffer: BytesMut::new() }
    }

    /// Whether the other side may say that it is reached where it says.
    fn check_address(&self, hello: &PeerHello) -> Result<(), LinkError> {
        match self.shown.objection(&hello.address) {
            Some(reason) => Err(LinkError::WeRefuse(Refusal::new(RefusalCode::Tls, reason))),
            None => Ok(()),
        }
    }

    /// Tells it in the clear: it says nothing that a port scan would not.
    async fn refuse(&mut self, refusal: &Refusal) {
        let _ = self.send(FrameKind::Refuse, &refusal.encode()).await;
        let _ = self.write.shutdown().await;
    }

    fn into_liveness(self, hello: PeerHello) -> Result<LivenessLink, LinkError> {
        let socket = Detached::new(self.read, self.write)?;
        Ok(LivenessLink { hello, socket, rest: self.buffer })
    }

    async fn send(&mut self, kind: FrameKind, body: &[u8]) -> Result<(), LinkError> {
        let mut out = Vec::with_capacity(body.len() + 16);
        write_frame(&mut out, kind, 0, body).map_err(|error| LinkError::Protocol(error.to_string()))?;
        self.write.write_all(&out).await?;
        Ok(self.write.flush().await?)
    }

    async fn receive(&mut self, max: usize) -> Result<(FrameKind, Bytes), LinkError> {
        loop {
            match next_frame(&mut self.buffer, max) {
                Ok(Some(frame)) => return Ok((frame.header.kind, frame.body)),
                Ok(None) => {}
                Err(_) if is_tls(&self.buffer) => return Err(LinkError::InTls),
                Err(error) => return Err(LinkError::Protocol(error.to_string())),
            }
            if self.read.read_buf(&mut self.buffer).await? == 0 {
                // An alert is shorter than a header of ours.
                let in_tls = is_tls(&self.buffer);
                let end = io::Error::from(io::ErrorKind::UnexpectedEof);
                return Err(if in_tls { LinkError::InTls } else { end.into() });
            }
        }
    }

    async fn expect(&mut self, kind: FrameKind) -> Result<Bytes, LinkError> {
        match self.receive(UNPROVEN).await? {
            (found, body) if found == kind => Ok(body),
            (other, _) => Err(unexpected(other)),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::Node;
    use crate::transport::tls::testing::Ca;
    use crate::transport::{Keeper, Transport};
    use crate::trust::Secret;

    const LIMIT: Duration = Duration::from_secs(3);

    async fn start(name: &str, keeper: &Arc<Keeper>) -> Node {
        let builder = Node::builder("test").name(name).listen("127.0.0.1:0");
        let builder = builder.secret(Secret::new([7; 32]).unwrap());
        builder.transport(Transport::Tls(Arc::clone(keeper))).start().await.unwrap()
    }

    /// What becomes of it when one dials the other for liveness.
    async fn meet(dialler: &Node, address: &str) -> Result<(), LinkError> {
        let stream = dialler.inside().transport.dial("", address, LIMIT).await.unwrap();
        dialled_liveness(dialler.inside(), stream).await.map(drop)
    }

    /// One who has a certificate as good as any node's, for the very host that was dialled, and who has not the secret.
    #[tokio::test]
    async fn a_certificate_is_not_enough_to_stand_between_two_nodes() {
        let ca = Ca::new("cluster");
        let keeper = || Keeper::new(ca.node()).unwrap();
        let (near, far) = (start("near", &keeper()).await, start("far", &keeper()).await);
        let transport = Transport::Tls(keeper());
        let mut listener = transport.bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_address();
        let there = far.address().to_owned();
        let between = tokio::spawn(async move {
            let (one, other) = (listener.accept().await.open(), transport.dial("", &there, LIMIT));
            let (one, other) = tokio::join!(one, async { other.await.unwrap().open().await });
            let (one, other) = (one.unwrap(), other.unwrap());
            let mut one = tokio::io::join(one.read, one.write);
            let mut other = tokio::io::join(other.read, other.write);
            tokio::io::copy_bidirectional(&mut one, &mut other).await
        });
        let met = meet(&near, &address).await;
        assert!(matches!(met, Err(LinkError::Handshake(HandshakeError::Unproven))), "{met:?}");
        between.abort();
    }

    /// The first byte of a plain greeting may be that of TLS.
    #[tokio::test]
    async fn whoever_does_not_speak_tls_is_known_at_once_whatever_it_says() {
        let node = start("node", &Keeper::new(Ca::new("cluster").node()).unwrap()).await;
        for (length, alert) in [(0x16, true), (0x116, true), (0x3ff, false), (0xffff, false)] {
            let opened = Transport::Tcp.dial("", node.address(), LIMIT).await.unwrap().open().await.unwrap();
            let mut io = Io::new(opened);
            io.send(FrameKind::Hello, &vec![0; length]).await.unwrap();
            match timeout(LIMIT / 3, io.receive(UNPROVEN)).await.expect("at once") {
                Err(LinkError::InTls) if alert => {}
                Ok((FrameKind::Refuse, body)) if !alert => {
                    assert_eq!(Refusal::decode(&body).unwrap(), Refusal::plain());
                }
                other => panic!("{length}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn whoever_is_dialled_and_says_nothing_is_left_in_the_time_of_a_handshake() {
        let node = start("node", &Keeper::new(Ca::new("cluster").node()).unwrap()).await;
        let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let since = Instant::now();
        let met = timeout(2 * LIMIT, meet(&node, &mute.local_addr().unwrap().to_string())).await;
        assert!(matches!(met, Ok(Err(LinkError::Slow))), "{met:?}");
        assert!(since.elapsed() < LIMIT + LIMIT / 3);
    }

    #[tokio::test]
    async fn a_node_is_reached_only_where_its_certificate_says() {
        let ca = Ca::new("cluster");
        let honest = start("honest", &Keeper::new(ca.node()).unwrap()).await;
        let keeper = Keeper::new(ca.sign(&["localhost", "127.0.0.1"], |_| ())).unwrap();
        let liar = start("liar", &keeper).await;
        meet(&liar, honest.address()).await.unwrap();
        meet(&honest, liar.address()).await.unwrap();
        // Its certificate is for a name by which it can be dialled, but not for the address that it goes on telling.
        keeper.force(&ca.sign(&["localhost"], |_| ()));
        let expected = "its certificate is not for `127.0.0.1` but for";
        match meet(&liar, honest.address()).await {
            Err(LinkError::TheyRefuse { refusal, .. }) => {
                assert!(refusal.code == RefusalCode::Tls && refusal.text.contains(expected), "{refusal}");
            }
            other => panic!("{other:?}"),
        }
        let port = liar.address().rsplit_once(':').unwrap().1;
        match meet(&honest, &format!("localhost:{port}")).await {
            Err(LinkError::WeRefuse(refusal)) => {
                assert!(refusal.code == RefusalCode::Tls && refusal.text.contains(expected), "{refusal}");
            }
            other => panic!("{other:?}"),
        }
    }
}
