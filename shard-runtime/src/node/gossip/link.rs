//! One link for liveness at work.

use core::error::Error;
use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::conduct::Conduct;
use super::{Input, OUTBOX, Opened};
use crate::membership::{Boot, Event, Member, NodeName};
use crate::node::inner::Inner;
use crate::node::link::LivenessLink;
use crate::transport::{ReadHalf, WriteHalf};
use crate::wire::{FrameKind, next_frame, write_frame};

/// The longest frame: a packet, and what seals it.
const MAX_FRAME: usize = 80 * 1024;

/// Bytes that a link holds for what comes next. Most packets are no longer when nothing changes.
const QUIET: usize = 256;

/// A write that makes no progress for this long ends the link.
const BLOCKED_WRITE: Duration = Duration::from_secs(5);

/// A node whose workers have not run for this long is drained.
const WORKERS_STILL: Duration = Duration::from_secs(10);

/// Runs a link until it ends.
pub(in crate::node) async fn serve(inner: &Arc<Inner>, link: LivenessLink) {
    let Ok(name) = NodeName::try_from(link.hello.node.as_str()) else { return };
    let who = Member {
        address: link.hello.address,
        version: link.hello.version,
        ..Member::new(name, Boot::new(link.hello.boot))
    };
    let (read, write) = match link.socket.attached() {
        Ok(halves) => halves,
        Err(error) => {
            tracing::warn!(%error, "a link for liveness could not be moved to its thread");
            return inner.gossip.insist(Input::Unreachable(who)).await;
        }
    };
    let (out, waiting) = mpsc::channel(OUTBOX);
    let number = inner.gossip.next_link();
    // The gossip alone keeps the link open.
    let pongs = out.downgrade();
    let opened = Opened { who: who.clone(), link: number, out };
    inner.gossip.insist(Input::Opened(opened)).await;
    let conduct = Arc::new(Conduct::new(Instant::now()));
    let end = tokio::select! {
        biased;
        flood = conduct.broken() => malformed(flood),
        end = read_frames(inner, (&who, &conduct), read, link.rest, &pongs) => end,
        end = write_frames(inner, &conduct, write, waiting) => end,
    };
    tracing::debug!(node = %who.name, boot = %who.boot, %end, "a link for liveness ended");
    if end.kind() == io::ErrorKind::InvalidData {
        tracing::warn!(node = %who.name, error = %end, "a peer broke the protocol, its link is closed");
    }
    inner.gossip.insist(Input::Closed { boot: who.boot, link: number }).await;
}

async fn read_frames(
    inner: &Arc<Inner>,
    from: (&Member, &Arc<Conduct>),
    mut read: ReadHalf,
    mut buffer: BytesMut,
    pongs: &mpsc::WeakSender<Bytes>,
) -> io::Error {
    loop {
        loop {
            match next_frame(&mut buffer, MAX_FRAME) {
                Ok(Some(frame)) => {
                    if let Err(error) = take(inner, from, frame.header.kind, frame.body, pongs) {
                        return error;
                    }
                }
                Ok(None) => break,
                Err(error) => return malformed(error),
            }
        }
        if buffer.is_empty() {
            // Each member has a link like this, over which a packet comes now and then: one that was long, or is still
            // waiting to be opened, is not to be held for the next.
            buffer = BytesMut::with_capacity(QUIET);
        }
        match timeout(inner.settings.dead_after, read.read_buf(&mut buffer)).await {
            Ok(Ok(0)) => return io::ErrorKind::UnexpectedEof.into(),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return error,
            Err(_) => return io::Error::new(io::ErrorKind::TimedOut, "nothing has come over it"),
        }
    }
}

fn take(
    inner: &Arc<Inner>,
    (who, conduct): (&Member, &Arc<Conduct>),
    kind: FrameKind,
    body: Bytes,
    pongs: &mpsc::WeakSender<Bytes>,
) -> io::Result<()> {
    let now = Instant::now();
    let leads_somewhere = match kind {
        FrameKind::Gossip if conduct.is_packet_due(now) => {
            // What it is worth is known when it has been opened.
            inner.gossip.packet(body, conduct);
            return Ok(());
        }
        // Not even opened: that takes most of the time.
        FrameKind::Gossip => false,
        FrameKind::Ping => {
            // For the time that the whole process stood still the workers are not to blame, also if that has not been
            // noticed yet.
            let age = inner.door.pulse.workers_stood_still_for(inner.door.now());
            let millis = u32::try_from(age.as_millis()).unwrap_or(u32::MAX);
            if let Some(out) = pongs.upgrade() {
                // One that is lost is asked for again.
                let _ = out.try_send(frame(FrameKind::Pong, &millis.to_le_bytes()));
            }
            conduct.is_ping_due(now)
        }
        FrameKind::Pong => {
            let millis: [u8; 4] = body.as_ref().try_into().map_err(|_| malformed("a pong"))?;
            let asked = conduct.takes_pong();
            if asked && Duration::from_millis(u64::from(u32::from_le_bytes(millis))) >= WORKERS_STILL {
                inner.change(Event::Draining { name: who.name.clone(), boot: who.boot });
            }
            asked
        }
        _ => return Err(malformed("a frame of another kind of link")),
    };
    conduct.note(leads_somewhere).map_err(malformed)
}

async fn write_frames(
    inner: &Arc<Inner>,
    conduct: &Conduct,
    mut write: WriteHalf,
    mut waiting: mpsc::Receiver<Bytes>,
) -> io::Error {
    let ping = frame(FrameKind::Ping, &[]);
    let mut pinged = Instant::now();
    loop {
        let due = pinged + inner.settings.ping_after;
        let bytes = match tokio::time::timeout_at(due, waiting.recv()).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return io::ErrorKind::NotConnected.into(),
            Err(_) => {
                pinged = Instant::now();
                conduct.expect_pong();
                ping.clone()
            }
        };
        let all = async {
            write.write_all(&bytes).await?;
            write.flush().await
        };
        match timeout(BLOCKED_WRITE, all).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error,
            Err(_) => return io::Error::new(io::ErrorKind::TimedOut, "a write was blocked for 5 s"),
        }
    }
}

pub(super) fn frame(kind: FrameKind, body: &[u8]) -> Bytes {
    let mut out = Vec::new();
    // What is too long for a frame is never given here.
    let _ = write_frame(&mut out, kind, 0, body);
    out.into()
}

fn malformed(what: impl Into<Box<dyn Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::MemberState;
    use crate::node::seeking;
    use crate::testing::Cluster;

    /// Nothing else runs between the end of the pause and the ping.
    #[tokio::test]
    async fn a_pause_of_the_process_is_not_laid_to_its_workers() {
        let cluster = Cluster::of(1, |node| node).await.unwrap();
        let inner = cluster.node(0).inside();
        let (out, mut waiting) = mpsc::channel(1);
        let who = Member::new("other".parse().unwrap(), Boot::new(1));
        std::thread::sleep(Duration::from_millis(600));
        let conduct = Arc::new(Conduct::new(Instant::now()));
        take(inner, (&who, &conduct), FrameKind::Ping, Bytes::new(), &out.downgrade()).unwrap();
        let pong = waiting.recv().await.unwrap();
        let millis = u32::from_le_bytes(*pong.last_chunk().unwrap());
        assert!(millis < 300, "{millis} ms");
    }

    /// Whether a node has closed its link a moment after a member has sent something over it.
    async fn is_closed_by(bytes: &[u8]) -> bool {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let link = seeking::dial(cluster.node(1).inside(), &Cluster::address(0)).await.unwrap();
        let (mut read, mut write) = link.socket.attached().unwrap();
        write.write_all(bytes).await.unwrap();
        write.flush().await.unwrap();
        // Not as long as it takes to ping, nor until it is dead.
        let mut heard = Vec::new();
        timeout(Duration::from_millis(100), read.read_to_end(&mut heard)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_is_closed_for_a_hundred_frames_that_lead_to_nothing_and_for_none_less() {
        // Of a secret that this node does not have yet, or no longer.
        let unknown = [&[1, 1, 2, 3, 4][..], &[0; 40]].concat();
        let floods = [
            ("a pong without a ping", frame(FrameKind::Pong, &[0; 4]), 100),
            ("a packet that is none", frame(FrameKind::Gossip, b"?"), 100),
            ("a ping, of which 26 may have been held up", frame(FrameKind::Ping, &[]), 126),
            ("a packet, of which 501 may have been held up", frame(FrameKind::Gossip, &unknown), 601),
        ];
        for (what, frame, most) in floods {
            assert!(!is_closed_by(&frame.repeat(most)).await, "{most} times {what}");
            assert!(is_closed_by(&frame.repeat(most + 1)).await, "{} times {what}", most + 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn links_that_keep_to_the_protocol_stay_open_also_when_they_are_held_up() {
        let cluster = Cluster::of(3, |node| node).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let made = || cluster.nodes().map(|node| node.inside().gossip.links_made()).sum::<u64>();
        let before = made();
        for _ in 0..100 {
            cluster.cut(0, 1);
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            cluster.heal(0, 1);
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
        assert_eq!(made(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pong_is_believed_when_it_was_asked_for() {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let state = || cluster.node(0).view().get("node-1").unwrap().state;
        let link = seeking::dial(cluster.node(1).inside(), &Cluster::address(0)).await.unwrap();
        let (mut read, mut write) = link.socket.attached().unwrap();
        let still = frame(FrameKind::Pong, &60_000_u32.to_le_bytes());

        write.write_all(&still).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(state(), MemberState::Active);

        let mut buffer = link.rest;
        while !matches!(next_frame(&mut buffer, MAX_FRAME), Ok(Some(frame)) if frame.header.kind == FrameKind::Ping)
        {
            assert_ne!(read.read_buf(&mut buffer).await.unwrap(), 0);
        }
        write.write_all(&still).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(state(), MemberState::Draining);
    }
}
