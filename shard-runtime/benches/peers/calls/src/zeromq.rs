//! ZeroMQ in Rust: a router that answers in line, and a dealer that many tasks share.
//!
//! ZeroMQ carries messages and knows nothing of calls, so the caller's half is written here, and lightly: the slot of a
//! waiting call is its number. A message of one frame is a step, number and bincode; one of two is an echo, number and
//! bytes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bincode::config;
use bytes::{BufMut as _, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use slab::Slab;
use tokio::sync::oneshot;
use zeromq::{
    DealerRecvHalf, DealerSendHalf, DealerSocket, RouterSocket, Socket as _, SocketRecv as _,
    SocketSend as _, ZmqMessage,
};

use crate::Outcome;
use crate::peer::Peer;
use crate::server::Addresses;
use crate::work::{Input, Output};

const NUMBER: usize = size_of::<u64>();

/// Listens, and says where.
pub(crate) async fn serve() -> Outcome<String> {
    let mut router = RouterSocket::new();
    let address = router.bind("tcp://127.0.0.1:0").await?.to_string();
    let (mut replies, mut requests) = router.split();
    tokio::spawn(async move {
        while let Ok(request) = requests.recv().await {
            let Ok(reply) = answer(request) else { continue };
            if replies.send(reply).await.is_err() {
                break;
            }
        }
    });
    Ok(address)
}

/// The first frame says who asks.
fn answer(request: ZmqMessage) -> Outcome<ZmqMessage> {
    match <[Bytes; 2]>::try_from(request.into_vec()) {
        Ok([caller, step]) => {
            let (number, input) = read::<Input>(&step)?;
            message(vec![caller, written(number, &input.step())?])
        }
        Err(echo) => message(echo),
    }
}

fn message(frames: Vec<Bytes>) -> Outcome<ZmqMessage> {
    frames.try_into().map_err(|_| "a message without frames".into())
}

fn written(number: u64, value: &impl Serialize) -> Outcome<Bytes> {
    let mut writer = BytesMut::with_capacity(64).writer();
    writer.get_mut().put_u64_le(number);
    bincode::serde::encode_into_std_write(value, &mut writer, config::standard())?;
    Ok(writer.into_inner().freeze())
}

fn read<T: DeserializeOwned>(frame: &[u8]) -> Outcome<(u64, T)> {
    let body = frame.get(NUMBER..).ok_or("a frame without a number")?;
    Ok((number(frame)?, bincode::serde::decode_from_slice(body, config::standard())?.0))
}

fn number(frame: &[u8]) -> Outcome<u64> {
    Ok(u64::from_le_bytes(*frame.first_chunk::<NUMBER>().ok_or("a frame without a number")?))
}

type Waiting = Mutex<Slab<oneshot::Sender<Vec<Bytes>>>>;

#[derive(Clone)]
pub(crate) struct Client {
    requests: Arc<tokio::sync::Mutex<DealerSendHalf>>,
    waiting: Arc<Waiting>,
}

impl Client {
    pub(crate) async fn connect(server: &Addresses) -> Outcome<Self> {
        let mut dealer = DealerSocket::new();
        dealer.connect(&server.zeromq).await?;
        let (requests, replies) = dealer.split();
        let waiting = Arc::default();
        tokio::spawn(hand_out(replies, Arc::clone(&waiting)));
        Ok(Self { requests: Arc::new(requests.into()), waiting })
    }

    async fn call(&self, request: impl FnOnce(u64) -> Outcome<Vec<Bytes>>) -> Outcome<Vec<Bytes>> {
        let (sender, reply) = oneshot::channel();
        let number = locked(&self.waiting).insert(sender);
        let request = message(request(u64::try_from(number)?)?)?;
        self.requests.lock().await.send(request).await?;
        Ok(reply.await?)
    }
}

/// Gives each reply to whoever waits for it.
async fn hand_out(mut replies: DealerRecvHalf, waiting: Arc<Waiting>) -> Outcome {
    loop {
        let frames = replies.recv().await?.into_vec();
        let number = usize::try_from(number(frames.first().ok_or("an empty reply")?)?)?;
        let caller = locked(&waiting).try_remove(number).ok_or("a reply to nobody")?;
        // Nobody gives up waiting here.
        let _received = caller.send(frames);
    }
}

fn locked(waiting: &Waiting) -> MutexGuard<'_, Slab<oneshot::Sender<Vec<Bytes>>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Peer for Client {
    async fn step(&self, input: Input) -> Outcome<Output> {
        let reply = self.call(|number| Ok(vec![written(number, &input)?])).await?;
        Ok(read(reply.first().ok_or("an empty reply")?)?.1)
    }

    async fn echo(&self, bytes: &Bytes) -> Outcome<usize> {
        let reply = self
            .call(|number| Ok(vec![Bytes::copy_from_slice(&number.to_le_bytes()), bytes.clone()]))
            .await?;
        Ok(reply.last().map_or(0, Bytes::len))
    }
}
