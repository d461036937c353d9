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
use crate::transport::{Detached, ReadHalf, Stream, WriteHalf};
use crate::wire::handshake::{
    HandshakeError, Initiator, PeerHello, Purpose, Refusal, Responder, decode_accept, encode_accept,
};
use crate::wire::{FrameKind, Tables, next_frame, write_frame};

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
    Io(#[from] io::Error),
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
    let mut io = Io::new(stream);
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
        let mut io = Io::new(stream);
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
    let (initiator, hello) = Initiator::new(inner.handshake(ours), purpose, nonce()?);
    io.send(FrameKind::Hello, &hello).await?;
    match io.receive(UNPROVEN).await? {
        (FrameKind::Challenge, body) => initiator.on_challenge(&body).map_err(|error| match error {
            HandshakeError::Mismatch(refusal) => LinkError::WeRefuse(refusal),
            other => LinkError::Handshake(other),
        }),
        (FrameKind::Refuse, body) => Err(refused(&body, None)),
        (kind, _) => Err(unexpected(kind)),
    }
}

/// The side that was dialled.
pub(super) async fn accepted(inner: &Arc<Inner>, stream: Stream) -> Result<Accepted, LinkError> {
    within(inner, async {
        let mut io = Io::new(stream);
        let ours = inner.door.boot();
        match respond(inner, &mut io, ours).await {
            Ok(hello) if hello.purpose == Purpose::Liveness => {
                io.into_liveness(hello).map(Accepted::Liveness)
            }
            Ok(hello) => introduce(inner, io, hello, (ours, false)).await.map(Accepted::Calls),
            Err(LinkError::WeRefuse(refusal)) => {
                // Told in the clear: it says nothing that a port scan would not.
                let _ = io.send(FrameKind::Refuse, &refusal.encode()).await;
                let _ = io.write.shutdown().await;
                Err(LinkError::WeRefuse(refusal))
            }
            Err(other) => Err(other),
        }
    })
    .await
}

async fn respond(inner: &Arc<Inner>, io: &mut Io, ours: Boot) -> Result<PeerHello, LinkError> {
    let hello = io.expect(FrameKind::Hello).await?;
    // Whoever was slow to say hello must not meet the keys of long ago.
    let responder = Responder::new(inner.handshake(ours), nonce()?);
    let (challenged, challenge) = responder.on_hello(&hello).map_err(LinkError::WeRefuse)?;
    io.send(FrameKind::Challenge, &challenge).await?;
    let proof = io.expect(FrameKind::Proof).await?;
    let hello = challenged.on_proof(&proof).map_err(LinkError::WeRefuse)?;
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
    buffer: BytesMut,
}

impl Io {
    fn new(stream: Stream) -> Self {
        let (read, write) = stream.into_split();
        Self { read, write, buffer: BytesMut::new() }
    }

    fn into_liveness(self, hello: PeerHello) -> Result<LivenessLink, LinkError> {
        let socket = Detached::new(self.read, self.write)?;
        Ok(LivenessLink { hello, socket, rest: self.buffer })
    }

    async fn send(&mut self, kind: FrameKind, body: &[u8]) -> Result<(), LinkError> {
        let mut out = Vec::with_capacity(body.len() + 16);
        write_frame(&mut out, kind, 0, body).map_err(|error| LinkError::Protocol(error.to_string()))?;
        Ok(self.write.write_all(&out).await?)
    }

    async fn receive(&mut self, max: usize) -> Result<(FrameKind, Bytes), LinkError> {
        loop {
            let next = next_frame(&mut self.buffer, max);
            if let Some(frame) = next.map_err(|error| LinkError::Protocol(error.to_string()))? {
                return Ok((frame.header.kind, frame.body));
            }
            if self.read.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
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
