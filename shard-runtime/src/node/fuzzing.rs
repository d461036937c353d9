//! What the fuzzer does with a link to a node that has let it in.
#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::BytesMut;
use futures::{Stream, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::Node;
use super::connection::LONGEST_FRAME;
use crate::fuzzing::Script;
use crate::sharded_module;
use crate::testing::MemoryNetwork;
use crate::transport::{ReadHalf, Transport, WriteHalf};
use crate::trust::{LinkKeys, Secret, Secrets};
use crate::wire::chunk::CHUNK;
use crate::wire::frame::{Next, next};
use crate::wire::handshake::{Config, Identity, Initiator, Purpose};
use crate::wire::{CallHead, FrameKind, Owner, Reply, Tables, next_frame, write_frame};

/// Frames of one script.
const FRAMES: usize = 64;

/// In so many pieces a script is sent at most: each takes a turn of the scheduler.
const PIECES: usize = 512;

/// Whatever a peer does must have come to something by then.
const PATIENCE: Duration = Duration::from_secs(3);

/// The id of the ping that comes last.
const LAST: u64 = u64::MAX;

static BOOTS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static BED: Bed = Bed::new();
}

/// A peer that knows the secret sends any frames, in pieces of any size: its link is closed, or goes on answering; the node
/// lives, other links go on, and nothing of it is left behind.
///
/// # Panics
///
/// When that does not hold.
pub fn connection(input: &[u8]) {
    BED.with(|bed| bed.runtime.block_on(bed.run(input)));
}

/// How many links and how many tasks a node has.
pub(crate) fn held(node: &Node) -> (usize, usize) {
    (node.inside().links().len(), node.inside().tasks().len())
}

struct Servant;

#[sharded_module(crate = crate)]
impl Servant {
    fn quick(&self, number: u32) -> u32 {
        number
    }

    async fn soon(&self, text: String) -> String {
        yield_now().await;
        text
    }

    async fn never(&self) {
        std::future::pending::<()>().await;
    }

    fn stream(&self, count: u16) -> impl Stream<Item = Vec<u8>> {
        stream::iter((0..count).map(|item| vec![7; usize::from(item % 1000)]))
    }

    fn endless(&self) -> impl Stream<Item = Vec<u8>> {
        stream::repeat(vec![7; 1000])
    }

    fn large(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }
}

/// A node, and what one needs to get at it.
struct Bed {
    runtime: Runtime,
    network: MemoryNetwork,
    node: Node,
    keys: LinkKeys,
}

/// One of the two ends of a link, which tells what it likes.
struct Client {
    read: ReadHalf,
    write: WriteHalf,
    buffer: BytesMut,
}

/// How a link has ended for who has sent what he wanted.
#[derive(Debug, PartialEq)]
enum End {
    Closed,
    Answers,
}

impl Bed {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let network = MemoryNetwork::new();
        let secret = Secret::new([7; 32]).unwrap();
        let keys = LinkKeys::derive(&Secrets::new(secret.clone()), "fuzz");
        let builder = Node::builder("fuzz").name("victim").listen("victim:1").secret(secret);
        let builder = builder.transport(Transport::Memory(network.clone())).module(Servant);
        let node = runtime.block_on(async {
            let node = builder.start().await.unwrap();
            node.ready().await.unwrap();
            node
        });
        Self { runtime, network, node, keys }
    }

    async fn run(&self, input: &[u8]) {
        let (_, tasks) = held(&self.node);
        let mut bystander = self.link("bystander").await;
        let attacker = self.link("attacker").await;

        let mut script = Script::new(input);
        let piece = usize::from(script.u8());
        let bytes = self.bytes(script);
        let (bytes, are_frames) = made_whole(&bytes);
        let end = timeout(PATIENCE, attacker.sends(&bytes, piece)).await;
        let end = end.expect("the link neither answers nor is closed");
        assert!(end == End::Closed || are_frames, "what is not a frame closes the link");

        let quick = self.quick();
        let answer = timeout(PATIENCE, bystander.calls(&quick, 1));
        assert_eq!(answer.await.expect("another link does not answer"), quick_answer());
        drop(bystander);
        timeout(PATIENCE, self.is_as_before(tasks)).await.unwrap_or_else(|_| {
            let (links, left) = held(&self.node);
            panic!("{links} links, {left} tasks of {tasks}, {:?}", self.node.calls())
        });
    }

    /// A link of somebody who has proved himself.
    async fn link(&self, name: &str) -> Client {
        let identity = Identity {
            cluster: "fuzz".to_owned(),
            node: name.to_owned(),
            boot: BOOTS.fetch_add(1, Ordering::Relaxed),
            address: format!("{name}:1"),
            version: String::new(),
        };
        let config = Config::new(identity, self.keys.clone(), 1).unwrap();
        let stream = self.network.dial(&format!("{name}:1"), "victim:1").await.unwrap();
        let opened = crate::transport::Stream::Memory(stream).open().await.expect("nothing is encrypted");
        let mut client = Client { read: opened.read, write: opened.write, buffer: BytesMut::new() };
        let (initiator, hello) = Initiator::new(config, Purpose::Calls, [1; 32]);
        client.send(FrameKind::Hello, 0, &hello).await;
        let (_, challenge) = client.receive().await.expect("a challenge");
        let (proof, _) = initiator.on_challenge(&challenge).unwrap();
        client.send(FrameKind::Proof, 0, &proof).await;
        let (kind, _) = client.receive().await.expect("an answer to a right proof");
        assert_eq!(kind, FrameKind::Accept);
        let mut tables = Vec::new();
        Tables::default().encode(&mut tables).unwrap();
        client.send(FrameKind::Tables, 0, &tables).await;
        let (kind, theirs) = client.receive().await.expect("tables");
        assert_eq!(kind, FrameKind::Tables);
        assert!(Tables::decode(&theirs).is_ok());
        client
    }

    /// The bytes that the script stands for.
    fn bytes(&self, mut script: Script<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..FRAMES {
            if script.is_over() {
                break;
            }
            let choice = script.u8();
            match choice % 8 {
                0 => {
                    let len = usize::from(script.u8());
                    out.extend_from_slice(script.take(len));
                }
                1 | 2 => {
                    let (kind, flags, id) = (script.u8(), script.u8(), id(&mut script));
                    let len = usize::from(script.u8());
                    let body = script.take(len);
                    frame(&mut out, (kind, flags, id), body);
                }
                3 | 4 => {
                    let id = id(&mut script);
                    let mut body = self.head(&mut script);
                    let len = usize::from(script.u8());
                    body.extend_from_slice(script.take(len));
                    frame(&mut out, (1, 0, id), &body);
                }
                5 => {
                    // The first chunk of a call, and what the script says comes after it.
                    let id = id(&mut script);
                    let mut body = self.head(&mut script);
                    body.resize(CHUNK, 0);
                    frame(&mut out, (1, 1, id), &body);
                }
                6 => {
                    let (kind, flags, id) = (script.u8() % 2 + 1, script.u8(), id(&mut script));
                    frame(&mut out, (kind, flags, id), &vec![1; CHUNK]);
                }
                _ => {
                    let (kind, id) = ([3, 6, 7, 9][usize::from(script.u8()) % 4], id(&mut script));
                    let value = script.u8();
                    let body = [&[][..], &[value, 0, 0, 0], &[value], &[value % 4]];
                    let body = body[[3, 6, 7, 9].iter().position(|it| *it == kind).unwrap_or_default()];
                    frame(&mut out, (kind, 0, id), body);
                }
            }
        }
        out
    }

    /// The head of a call.
    fn head(&self, script: &mut Script<'_>) -> Vec<u8> {
        let (row, has) = (script.u8(), script.u8());
        let inner = self.node.inside();
        let owner = Owner { slot: u16::from(script.u8()), view: inner.door.view().digest() };
        let head = CallHead {
            row: u32::from(row % 8),
            boot: inner.door.boot().get() ^ u64::from(has >> 7),
            remaining: (has & 1 != 0).then(|| u64::from(script.u16()) * 1000),
            depth: if has & 2 == 0 { 1 } else { script.u8() },
            key: if has & 4 == 0 { b"\0key" } else { script.take(3) },
            actor: (has & 8 != 0).then_some("actor"),
            data: (has & 16 != 0).then(|| script.take(2)),
            owner: (has & 32 != 0).then_some(owner),
            trace: None,
            patience: (has & 64 != 0).then(|| u64::from(script.u16())),
        };
        let mut out = Vec::new();
        head.write(&mut out).unwrap();
        out
    }

    fn quick(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let head = CallHead {
            row: 0,
            boot: self.node.boot().get(),
            remaining: None,
            depth: 1,
            key: b"",
            actor: None,
            data: None,
            owner: None,
            trace: None,
            patience: None,
        };
        CallHead { key: b"\0key", ..head }.write(&mut body).unwrap();
        body.push(42);
        body
    }

    async fn is_as_before(&self, tasks: usize) {
        let is_idle = || {
            let calls = self.node.calls();
            let waiting = [calls.running, calls.to_start, calls.waiting, calls.bytes_in, calls.bytes_out];
            let (links, left) = held(&self.node);
            waiting == [0; 5] && links == 0 && left <= tasks
        };
        for turn in 0.. {
            if is_idle() {
                break;
            }
            // What has said that it leaves is waited for in milliseconds.
            if turn < 50 { yield_now().await } else { sleep(Duration::from_millis(1)).await }
        }
    }
}

fn quick_answer() -> Vec<u8> {
    let mut out = Vec::new();
    Reply::Value(&[42]).write(&mut out).unwrap();
    out
}

/// Few of them, so that frames meet.
fn id(script: &mut Script<'_>) -> u64 {
    let choice = script.u8();
    u64::from(choice >> 4) << 32 | u64::from(choice & 3)
}

fn frame(out: &mut Vec<u8>, (kind, flags, id): (u8, u8, u64), body: &[u8]) {
    let start = out.len();
    write_frame(out, FrameKind::Call, id, body).unwrap();
    out[start + 4] = kind;
    out[start + 5] = flags;
}

/// The bytes, with zeros behind them if their last frame is cut off; and whether they are frames, all of them.
fn made_whole(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut whole = bytes.to_vec();
    let mut buffer = BytesMut::from(bytes);
    loop {
        match next(&mut buffer, LONGEST_FRAME) {
            Ok(Next::Frame(_)) => {}
            Ok(Next::Needs(_)) if buffer.is_empty() => return (whole, true),
            Ok(Next::Needs(more)) => {
                // Of a header that is cut off the rest of the frame is not known before.
                buffer.resize(buffer.len() + more, 0);
                whole.resize(whole.len() + more, 0);
            }
            Err(_) => return (whole, false),
        }
    }
}

impl Client {
    async fn send(&mut self, kind: FrameKind, id: u64, body: &[u8]) {
        let mut out = Vec::new();
        write_frame(&mut out, kind, id, body).unwrap();
        self.write.write_all(&out).await.unwrap();
    }

    /// The next frame; `None` when the link is closed.
    async fn receive(&mut self) -> Option<(FrameKind, BytesMut)> {
        receive(&mut self.read, &mut self.buffer).await.map(|(kind, _, body)| (kind, body))
    }

    /// Makes a call, and gives the body of its answer.
    async fn calls(&mut self, call: &[u8], generation: u64) -> Vec<u8> {
        self.send(FrameKind::Call, generation << 32, call).await;
        loop {
            match self.receive().await {
                Some((FrameKind::Reply, body)) => return body.to_vec(),
                Some(_) => {}
                None => panic!("a link was closed because of another"),
            }
        }
    }

    /// Sends bytes in pieces, then a ping, and reads on until that is answered or the link is closed.
    async fn sends(self, bytes: &[u8], piece: usize) -> End {
        let Self { mut read, mut write, mut buffer } = self;
        let mut rest = Vec::new();
        write_frame(&mut rest, FrameKind::Ping, LAST, &[]).unwrap();
        let writes = async {
            let len = if piece == 0 { bytes.len() } else { piece.max(bytes.len() / PIECES) };
            for piece in bytes.chunks(len.max(1)) {
                if write.write_all(piece).await.is_err() {
                    return write;
                }
                yield_now().await;
            }
            let _ = write.write_all(&rest).await;
            write
        };
        let reads = async {
            loop {
                match receive(&mut read, &mut buffer).await {
                    Some((FrameKind::Pong, LAST, _)) => return End::Answers,
                    Some(_) => {}
                    None => return End::Closed,
                }
            }
        };
        let (_write, end) = tokio::join!(writes, reads);
        end
    }
}

async fn receive(read: &mut ReadHalf, buffer: &mut BytesMut) -> Option<(FrameKind, u64, BytesMut)> {
    loop {
        if let Some(frame) = next_frame(buffer, LONGEST_FRAME).expect("what a node sends is frames") {
            return Some((frame.header.kind, frame.header.id, BytesMut::from(&frame.body[..])));
        }
        if !matches!(read.read_buf(buffer).await, Ok(1..)) {
            return None;
        }
    }
}
