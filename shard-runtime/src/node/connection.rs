//! One link at work: frames in, frames out, in one task.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Poll, Waker, ready};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncWrite as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};
use tokio_util::io::poll_read_buf;

use super::appetite::Appetite;
use super::arrival::{Arrival, Arrivals};
use super::config::LARGEST_MESSAGE;
use super::flood::Flood;
use super::gossip::Input;
use super::inbound::{self, Desk, Payload};
use super::inner::Inner;
use super::peers;
use crate::call::{Batch, Part, Peer, ToWrite, kept};
use crate::membership::Event;
use crate::swim::MAX_SYNC;
use crate::transport::{ReadHalf, WriteHalf};
use crate::wire::assembly::{Assembly, Step};
use crate::wire::chunk::CHUNK;
use crate::wire::frame::Frame;
use crate::wire::stream::read_credit;
use crate::wire::{
    Answer, Body, FrameError, FrameKind, NotStarted, Unknown, missing, peek, split, write_frame,
};

/// Bytes that are read at a stretch. As long as there are more the link's task would do nothing else, and what is to be
/// written would wait.
const STRETCH: usize = 128 * 1024;

/// Bytes of answers that are made before they are handed over.
const BATCH: usize = 64 * 1024;

/// A buffer of answers that is no larger is kept as it is.
const SMALL: usize = 8 * 1024;

/// A write that makes no progress for this long ends the link.
const BLOCKED_WRITE: Duration = Duration::from_secs(5);

/// Bytes a frame may have beside the arguments or the result in it.
pub(super) const HEAD_ROOM: usize = 24 * 1024;

/// How a link ended.
#[derive(Debug)]
pub(super) enum End {
    /// We closed it: shut down, found dead, or replaced by another link to the same boot.
    Closed,
    /// The other side closed it, or the socket failed.
    Lost(io::Error),
    /// What came is not the protocol.
    Protocol(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the link was closed, since nothing came over it"),
            Self::Lost(error) => write!(f, "the link was lost: {error}"),
            Self::Protocol(reason) => {
                write!(f, "the link was closed, since the peer broke the protocol: {reason}")
            }
        }
    }
}

/// Runs a link until it ends. Every call that still waits on it then ends as unknown.
pub(super) async fn run(
    inner: &Arc<Inner>,
    peer: &Arc<Peer>,
    mut read: ReadHalf,
    mut write: WriteHalf,
    buffer: BytesMut,
) -> End {
    if let Some(at_once) = write.at_once() {
        peer.outbox.lend(Box::new(at_once));
    }
    let end = tokio::select! {
        biased;
        () = peer.closed.cancelled() => End::Closed,
        end = read_frames(inner, peer, &mut read, buffer) => end,
        end = write_frames(peer, &mut write) => end,
    };
    peer.close();
    end
}

async fn write_frames(peer: &Peer, write: &mut WriteHalf) -> End {
    let mut out = Batch::default();
    loop {
        match peer.outbox.wait().await {
            ToWrite::Nothing => break,
            ToWrite::AtOnce => {}
            // Whoever is alone on the link has nobody to wait for.
            ToWrite::One if peer.pending.len() <= 1 => {}
            // One turn of the scheduler: everybody who is about to append does so first, and one write
            // carries it all.
            ToWrite::One | ToWrite::Some => tokio::task::yield_now().await,
        }
        let now = Instant::now();
        peer.outbox.take(&mut out, now);
        peer.speaks_now(now);
        if let Err(error) = write_all(write, &mut out).await {
            return End::Lost(error);
        }
        out.clear();
    }
    let _ = write.shutdown().await;
    End::Closed
}

/// Fails when nothing at all can be written for [`BLOCKED_WRITE`]; how long everything takes is up to the
/// network.
async fn write_all(write: &mut WriteHalf, batch: &mut Batch) -> io::Result<()> {
    let (mut written, mut tried) = (0, false);
    loop {
        let mut some = poll_fn(|cx| {
            if core::mem::replace(&mut tried, true) {
                // It had to wait, and the calls' time with it.
                batch.stamp(written, Instant::now());
            }
            let rest = batch.bytes.get(written..).unwrap_or_default();
            if !rest.is_empty() {
                match ready!(Pin::new(&mut *write).poll_write(cx, rest))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    more => written += more,
                }
                if written < batch.bytes.len() {
                    return Poll::Ready(Ok(false));
                }
            }
            // In the same turn: over TCP there is nothing to flush, and that is to cost nothing.
            Pin::new(&mut *write).poll_flush(cx).map_ok(|()| true)
        });
        // Without a timer as long as nothing has to wait.
        let first = match futures::poll!(&mut some) {
            Poll::Ready(done) => Ok(done),
            Poll::Pending => timeout(BLOCKED_WRITE, some).await,
        };
        match first {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "a write was blocked for 5 s")),
        }
    }
}

async fn read_frames(inner: &Arc<Inner>, peer: &Arc<Peer>, read: &mut ReadHalf, mut buffer: BytesMut) -> End {
    let (mut answers, mut wakers) = (Vec::new(), Vec::new());
    let mut desk = Desk::new(inner, peer);
    let (mut partial, mut flood) = (Partial::new(inner), Flood::new(Instant::now()));
    let mut arrivals = Arrivals::new(Instant::now(), &inner.door.pulse);
    let (mut stretch, mut appetite) = (0, Appetite::new());
    loop {
        let more = match take_frames(
            (inner, peer, &mut desk),
            &mut buffer,
            (&mut partial, &mut arrivals, &mut flood),
            (&mut answers, &mut wakers),
        ) {
            Ok(more) => more,
            Err(end) => return end,
        };
        if !answers.is_empty() {
            // A closed outbox means that the link ends, and the answers with it.
            if peer.outbox.push_answers_of_this_turn(&answers) == Ok(true) {
                peer.speaks_now(Instant::now());
            }
        }
        if answers.capacity() > SMALL {
            let keep = kept(answers.len(), answers.capacity(), 2 * BATCH).max(SMALL);
            answers.clear();
            answers.shrink_to(keep);
        } else {
            answers.clear();
        }
        peer.outbox.below_ceiling().await;
        if more || stretch >= STRETCH {
            stretch = 0;
            tokio::task::yield_now().await;
        }
        if more {
            continue;
        }
        let ask = appetite.bytes_for(missing(&buffer));
        if buffer.is_empty() && buffer.capacity() > 4 * ask {
            // What was needed once is not held by a link that is quiet now.
            buffer = BytesMut::with_capacity(ask);
        } else if buffer.capacity() - buffer.len() < ask / 4 {
            // Not at each read: a frame that somebody keeps would then keep a whole new buffer alive.
            buffer.reserve(ask);
        }
        let room = buffer.capacity() - buffer.len();
        match read_more(inner, read, &mut buffer, &mut arrivals).await {
            Ok((0, _)) => return End::Lost(io::ErrorKind::UnexpectedEof.into()),
            Ok((bytes, now)) => {
                stretch += bytes;
                appetite.note(room, bytes);
                peer.heard_now(now);
            }
            Err(error) => return End::Lost(error),
        }
    }
}

/// Reads what there is, waits for something if there is nothing, and says when.
async fn read_more(
    inner: &Inner,
    read: &mut ReadHalf,
    buffer: &mut BytesMut,
    arrivals: &mut Arrivals,
) -> io::Result<(usize, Instant)> {
    let (door, behind) = (&inner.door, !buffer.is_empty());
    poll_fn(|cx| {
        // Asked on both sides of the read: a stall before it is one that the bytes may have waited through.
        door.now_on_worker();
        let before = door.pulse.stalled();
        let Poll::Ready(bytes) = poll_read_buf(Pin::new(&mut *read), cx, buffer)? else {
            arrivals.ran_dry();
            return Poll::Pending;
        };
        let now = door.now_on_worker();
        arrivals.came(now, before, &door.pulse, behind);
        Poll::Ready(Ok((bytes, now)))
    })
    .await
}

/// Handles the whole frames in the buffer. `true`: there may be more, but what has been answered shall leave
/// first, since a few bytes that ask can make a lot that answer.
fn take_frames(
    (inner, peer, desk): (&Arc<Inner>, &Arc<Peer>, &mut Desk),
    buffer: &mut BytesMut,
    (partial, arrivals, flood): (&mut Partial, &mut Arrivals, &mut Flood),
    (answers, wakers): (&mut Vec<u8>, &mut Vec<Waker>),
) -> Result<bool, End> {
    let protocol = |error: FrameError| End::Protocol(error.to_string());
    let mut now = desk.now(&inner.door);
    let mut is_now = true;
    let mut replies = peer.pending.answers(wakers);
    // Bytes of frames that have been handled where they are. They are dropped all at once.
    let mut done = 0;
    while let Some((header, body)) = peek(rest(buffer, done), LONGEST_FRAME).map_err(protocol)? {
        if header.kind == FrameKind::Reply
            && !header.more
            && partial.messages.is_empty()
            && let Some(body) = Body::short(body)
        {
            // Almost all replies. They share no memory with what else is read, and so no count.
            let awaited = replies.complete(header.id, body);
            done += header.frame_len();
            arrivals.pass();
            flood.note(awaited).map_err(|flood| End::Protocol(flood.to_string()))?;
            is_now = false;
            continue;
        }
        replies.wake();
        let arrival = arrivals.next();
        if !is_now && header.kind == FrameKind::Call {
            now = desk.now(&inner.door);
        }
        is_now = header.kind == FrameKind::Call;
        if is_now
            && !header.more
            && partial.messages.is_empty()
            && body.len() <= CHUNK
            && let Some(method) = inbound::plain_method(inner, body)
        {
            // As many: what never waits needs neither the memory nor a share in it.
            let call = Payload::InPlace(body, method);
            let call = inbound::on_call((inner, peer, desk), (header.id, arrival), call, &mut now, answers);
            let leads_somewhere = call.map_err(|no_call| End::Protocol(no_call.to_string()))?;
            done += header.frame_len();
            flood.note(leads_somewhere).map_err(|flood| End::Protocol(flood.to_string()))?;
            if answers.len() > BATCH {
                skip(buffer, done);
                return Ok(true);
            }
            continue;
        }
        skip(buffer, core::mem::take(&mut done));
        let frame = split(buffer, header);
        let leads_somewhere = match frame.header.kind {
            FrameKind::Call | FrameKind::Reply => {
                on_message((inner, peer, desk), frame, (partial, arrival), &mut now, answers)?
            }
            FrameKind::Cancel if frame.body.is_empty() => {
                // A large answer that is on its way need not come to its end.
                peer.outbox.withdraw(FrameKind::Reply, frame.header.id);
                peer.served.give_up(frame.header.id)
            }
            FrameKind::StreamItem => match peer.pending.flow(frame.header.id) {
                Some(flow) => flow.push(&frame.body).map_err(|broken| End::Protocol(broken.to_string()))?,
                // Of one that nobody reads any more some may still come.
                None => !frame.body.is_empty() && peer.pending.takes_late_items(frame.body.len()),
            },
            FrameKind::StreamEnd => match peer.pending.flow(frame.header.id) {
                Some(flow) => flow.end_as_told(&frame.body),
                None => peer.pending.takes_late_end(),
            },
            FrameKind::Credit => {
                let bytes = read_credit(&frame.body).map_err(|error| End::Protocol(error.to_string()))?;
                match peer.served.flow(frame.header.id) {
                    Some(flow) => {
                        flow.grant(bytes).map_err(|error| End::Protocol(error.to_string()))?;
                        true
                    }
                    None => peer.served.takes_late_credit(frame.header.id),
                }
            }
            FrameKind::Ping => {
                write_frame(answers, FrameKind::Pong, frame.header.id, &[]).map_err(protocol)?;
                flood.is_ping_due(arrival.at)
            }
            FrameKind::Pong => peer.takes_pong(),
            FrameKind::ViewSync if frame.body.len() > MAX_SYNC => {
                return Err(End::Protocol(format!("a view sync of {} bytes", frame.body.len())));
            }
            FrameKind::ViewSync => {
                let takes = peer.takes_sync(Instant::now());
                if takes {
                    inner.gossip.tell(Input::Sync { body: frame.body, link: Arc::clone(peer) });
                }
                takes
            }
            FrameKind::Goodbye => {
                on_goodbye(inner, peer, &frame.body)?;
                // Nobody has many of them to say.
                false
            }
            other => return Err(End::Protocol(format!("a frame of kind {other:?} has no place here yet"))),
        };
        flood.note(leads_somewhere).map_err(|flood| End::Protocol(flood.to_string()))?;
        if answers.len() > BATCH {
            return Ok(true);
        }
    }
    skip(buffer, done);
    Ok(false)
}

/// What follows the first `done` bytes.
fn rest(buffer: &[u8], done: usize) -> &[u8] {
    buffer.get(done..).unwrap_or_default()
}

/// Drops so many bytes.
fn skip(buffer: &mut BytesMut, bytes: usize) {
    buffer.advance(bytes.min(buffer.len()));
}

/// Handles what the other side says of its end.
fn on_goodbye(inner: &Arc<Inner>, peer: &Arc<Peer>, body: &[u8]) -> Result<(), End> {
    match Goodbye::from_body(body) {
        Some(Goodbye::Leaving) => peers::let_go(inner, peer),
        Some(Goodbye::Draining) => {
            inner.change(Event::Draining { name: peer.name.clone(), boot: peer.boot });
        }
        Some(Goodbye::Replaced) => peer.said_goodbye(),
        None => return Err(End::Protocol("a goodbye without a known reason".to_owned())),
    }
    Ok(())
}

/// Handles a call or a reply, or a part of one. `false`: it leads to nothing.
fn on_message(
    (inner, peer, desk): (&Arc<Inner>, &Arc<Peer>, &mut Desk),
    frame: Frame,
    (partial, arrival): (&mut Partial, Arrival),
    now: &mut Instant,
    answers: &mut Vec<u8>,
) -> Result<bool, End> {
    let (kind, id) = (frame.header.kind, frame.header.id);
    let room = &partial.room;
    let step = partial.messages.take(&frame.header, frame.body, arrival, |bytes| room.take(bytes));
    match (step.map_err(|error| End::Protocol(error.to_string()))?, kind) {
        (Step::Whole { body, mark, chunked, kept }, FrameKind::Call) => {
            let mut kept = chunked.then(|| room.share(kept));
            let call = Payload::Whole(&body, &mut kept);
            return inbound::on_call((inner, peer, desk), (id, mark), call, now, answers)
                .map_err(|no_call| End::Protocol(no_call.to_string()));
        }
        (Step::Whole { body, kept, .. }, _) => {
            room.give(kept);
            return Ok(peer.pending.complete(id, body.into()));
        }
        (Step::Refused { freed, .. }, FrameKind::Call) => {
            room.give(freed);
            refuse(peer, id, &NotStarted::Overloaded, answers)?;
        }
        (Step::Refused { freed, .. }, _) => {
            room.give(freed);
            // How large it would have become nobody knows.
            let (size, limit) = (freed + CHUNK, room.limit());
            let reason = Unknown::ReplyTooLarge { size: size as u64, limit: limit as u64 };
            return Ok(peer.refuse_reply(id, &reason));
        }
        (Step::TooLarge { size, freed, .. }, kind) => {
            room.give(freed);
            let (size, limit) = (size as u64, inner.door.limits.message as u64);
            if kind == FrameKind::Call {
                refuse(peer, id, &NotStarted::TooLarge { size, limit }, answers)?;
            } else {
                return Ok(peer.refuse_reply(id, &Unknown::ReplyTooLarge { size, limit }));
            }
        }
        #[cfg(planted_bug)]
        (Step::GivenUp { .. }, FrameKind::Reply) if crate::fuzzing::is_planted("connection") => {}
        (Step::GivenUp { freed, .. }, _) => room.give(freed),
        (Step::More, _) => {}
    }
    Ok(true)
}

/// Answers a call of which no more is taken, and notes that it has come.
fn refuse(peer: &Peer, id: u64, reason: &NotStarted, answers: &mut Vec<u8>) -> Result<(), End> {
    peer.served.note(id).map_err(|wrong| End::Protocol(wrong.to_string()))?;
    answers.extend_from_slice(Answer::not_started(id, reason).as_bytes());
    Ok(())
}

/// The longest body of a frame. A message may be larger, and comes in chunks.
pub(super) const LONGEST_FRAME: usize = if MAX_SYNC > CHUNK { MAX_SYNC } else { CHUNK };

/// Bytes of large messages that one peer may have here, incomplete or as arguments of methods that run. Four times that
/// is what the node has for all.
const LARGE_BYTES: usize = 64 * 1024 * 1024;

/// Messages that may come in chunks at the same time.
const PARTIAL: usize = 2048;

/// What has come of messages that are not whole yet; it counts among the bytes that wait on this node.
struct Partial {
    messages: Assembly<Arrival>,
    room: Part,
}

impl Partial {
    fn new(inner: &Inner) -> Self {
        // What is longer than this node takes costs one call, and what is longer than any node may be set to take
        // the link, and all the calls on it.
        let (largest, taken) = (LARGEST_MESSAGE + HEAD_ROOM, inner.door.limits.message + HEAD_ROOM);
        let messages = Assembly::new(largest, taken, PARTIAL);
        Self { messages, room: Part::new(&inner.door.bytes_in, LARGE_BYTES) }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.room.give(self.messages.kept());
    }
}

/// Why a side has finished with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// The node leaves the cluster. It still answers what has been sent to it, with a refusal, until the
    /// other side closes the link.
    Leaving,
    /// The node will leave: it takes no new calls, and answers the ones that it has.
    Draining,
    /// The node makes its calls on another link to the same boot from now on, and waits for no answer
    /// on this one.
    Replaced,
}

impl Goodbye {
    pub(super) fn frame(self) -> Vec<u8> {
        let mut out = Vec::new();
        let reason = match self {
            Self::Leaving => 0,
            Self::Replaced => 1,
            Self::Draining => 2,
        };
        // One byte always fits a frame.
        let _ = write_frame(&mut out, FrameKind::Goodbye, 0, &[reason]);
        out
    }

    fn from_body(body: &[u8]) -> Option<Self> {
        match body {
            [0] => Some(Self::Leaving),
            [1] => Some(Self::Replaced),
            [2] => Some(Self::Draining),
            _ => None,
        }
    }
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::transport::tls::testing::example;
    use crate::transport::{Keeper, Transport};

    /// TLS has a buffer of its own, which is not to be where the end of an answer waits for the next one.
    #[tokio::test]
    async fn what_was_written_has_left_when_nothing_more_is_written() {
        let transport = Transport::Tls(Keeper::new(example()).unwrap());
        let mut listener = transport.bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_address();
        let limit = Duration::from_secs(20);
        let near = async { transport.dial("", &address, limit).await.unwrap().open().await.unwrap() };
        let far = async { listener.accept().await.open().await.unwrap() };
        let (mut near, mut far) = tokio::join!(near, far);
        let written = AtomicUsize::new(0);
        let until_it_blocks = async {
            loop {
                let mut batch = Batch::default();
                batch.bytes = vec![7; 1_000];
                write_all(&mut near.write, &mut batch).await.unwrap();
                written.fetch_add(batch.bytes.len(), Ordering::Relaxed);
            }
        };
        timeout(Duration::from_millis(500), until_it_blocks).await.unwrap_err();
        let mut got = vec![0; written.into_inner()];
        timeout(limit, far.read.read_exact(&mut got)).await.expect("nothing is kept back").unwrap();
        // Until here the connection was open.
        drop(near);
    }
}
