//! One link for liveness at work.

use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{Input, OUTBOX, Opened};
use crate::membership::{Boot, Event, Member, NodeName};
use crate::node::inner::Inner;
use crate::node::link::LivenessLink;
use crate::transport::{ReadHalf, WriteHalf};
use crate::wire::{FrameKind, next_frame, write_frame};

/// The longest frame: a packet, and what seals it.
const MAX_FRAME: usize = 80 * 1024;

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
    let end = tokio::select! {
        biased;
        end = read_frames(inner, &who, read, link.rest, &pongs) => end,
        end = write_frames(inner, write, waiting) => end,
    };
    tracing::debug!(node = %who.name, boot = %who.boot, %end, "a link for liveness ended");
    inner.gossip.insist(Input::Closed { boot: who.boot, link: number }).await;
}

async fn read_frames(
    inner: &Arc<Inner>,
    who: &Member,
    mut read: ReadHalf,
    mut buffer: BytesMut,
    pongs: &mpsc::WeakSender<Bytes>,
) -> io::Error {
    loop {
        loop {
            match next_frame(&mut buffer, MAX_FRAME) {
                Ok(Some(frame)) => {
                    if let Err(error) = take(inner, who, frame.header.kind, frame.body, pongs) {
                        tracing::warn!(node = %who.name, %error, "a peer broke the protocol, its link is closed");
                        return error;
                    }
                }
                Ok(None) => break,
                Err(error) => return io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
            }
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
    who: &Member,
    kind: FrameKind,
    body: Bytes,
    pongs: &mpsc::WeakSender<Bytes>,
) -> io::Result<()> {
    match kind {
        FrameKind::Gossip => inner.gossip.packet(body),
        FrameKind::Ping => {
            // For the time that the whole process stood still the workers are not to blame, also if that has not been
            // noticed yet.
            let age = inner.door.pulse.workers_stood_still_for(inner.door.now());
            let millis = u32::try_from(age.as_millis()).unwrap_or(u32::MAX);
            if let Some(out) = pongs.upgrade() {
                // One that is lost is asked for again.
                let _ = out.try_send(frame(FrameKind::Pong, &millis.to_le_bytes()));
            }
        }
        FrameKind::Pong => {
            let millis: [u8; 4] = body.as_ref().try_into().map_err(|_| malformed("a pong"))?;
            if Duration::from_millis(u64::from(u32::from_le_bytes(millis))) >= WORKERS_STILL {
                inner.change(Event::Draining { name: who.name.clone(), boot: who.boot });
            }
        }
        _ => return Err(malformed("a frame of another kind of link")),
    }
    Ok(())
}

async fn write_frames(
    inner: &Arc<Inner>,
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

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cluster;

    /// Nothing else runs between the end of the pause and the ping.
    #[tokio::test]
    async fn a_pause_of_the_process_is_not_laid_to_its_workers() {
        let cluster = Cluster::of(1, |node| node).await.unwrap();
        let inner = cluster.node(0).inside();
        let (out, mut waiting) = mpsc::channel(1);
        let who = Member::new("other".parse().unwrap(), Boot::new(1));
        std::thread::sleep(Duration::from_millis(600));
        take(inner, &who, FrameKind::Ping, Bytes::new(), &out.downgrade()).unwrap();
        let pong = waiting.recv().await.unwrap();
        let millis = u32::from_le_bytes(*pong.last_chunk().unwrap());
        assert!(millis < 300, "{millis} ms");
    }
}
