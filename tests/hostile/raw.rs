//! A peer that has the secret, made of nothing but the guide, and says what no node would.

use std::io;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::victim::{CLUSTER, SECRET};

pub(crate) const CALL: u8 = 1;
pub(crate) const REPLY: u8 = 2;
pub(crate) const CANCEL: u8 = 3;
const TABLES: u8 = 10;
const HELLO: u8 = 32;
const CHALLENGE: u8 = 33;
const PROOF: u8 = 34;
const ACCEPT: u8 = 35;

/// A link on which both sides have proved themselves and told their tables.
pub(crate) struct Raw {
    stream: TcpStream,
    /// The node's, which calls have to name.
    boot: [u8; 8],
}

/// One frame.
pub(crate) fn frame(kind: u8, more: bool, id: u64, body: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    out.extend([kind, u8::from(more), 0, 0]);
    out.extend(id.to_le_bytes());
    out.extend(body);
    out
}

impl Raw {
    /// `number` makes it another one than those before.
    pub(crate) async fn dial(address: &str, number: u64) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let key = mac(SECRET, &[b"shard 1 link", &(CLUSTER.len() as u64).to_le_bytes(), CLUSTER.as_bytes()]);
        let hello = hello(number, &mac(&key, &[b"shard 1 key id"])[..4]);
        stream.write_all(&frame(HELLO, false, 0, &hello)).await?;
        let (kind, challenge) = read(&mut stream).await?;
        assert_eq!(kind, CHALLENGE, "{}", String::from_utf8_lossy(&challenge));
        let length = |bytes: &[u8]| (bytes.len() as u64).to_le_bytes();
        let proof =
            mac(&key, &[b"shard 1 initiator", &length(&hello), &hello, &length(&challenge), &challenge]);
        stream.write_all(&frame(PROOF, false, 0, &proof)).await?;
        let (kind, body) = read(&mut stream).await?;
        assert_eq!(kind, ACCEPT, "{}", String::from_utf8_lossy(&body));
        // No modules.
        stream.write_all(&frame(TABLES, false, 0, &[0])).await?;
        let (kind, _) = read(&mut stream).await?;
        assert_eq!(kind, TABLES);
        Ok(Self { stream, boot: challenge[9..17].try_into().unwrap() })
    }

    /// The body of a call of the only module's method at that place.
    pub(crate) fn call(&self, method: u32, args: &[u8]) -> Vec<u8> {
        let mut body = method.to_le_bytes().to_vec();
        body.extend(self.boot);
        // One step deep, nothing else present; the key is the text "".
        body.extend([1, 0, 1, 0, 0]);
        body.extend(args);
        body
    }

    /// Sends as much as the other side takes.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Says that nothing more comes.
    pub(crate) async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// The body of the next reply. An error: the link has ended.
    pub(crate) async fn reply(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let (kind, body) = read(&mut self.stream).await?;
            if kind == REPLY {
                return Ok(body);
            }
        }
    }

    /// How long the other side takes to close the link.
    pub(crate) async fn closed(mut self) -> Duration {
        let start = Instant::now();
        while read(&mut self.stream).await.is_ok() {}
        start.elapsed()
    }
}

fn hello(number: u64, key_id: &[u8]) -> Vec<u8> {
    let mut hello = b"SHRD".to_vec();
    hello.extend([1, 0, 1, 0, 0]);
    hello.extend((0xbad0_0000_0000 + number).to_le_bytes());
    hello.extend([9; 32]);
    for text in [CLUSTER, &format!("raw-{number}"), "127.0.0.1:9", ""] {
        hello.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        hello.extend(text.as_bytes());
    }
    hello.push(1);
    hello.extend(key_id);
    hello
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

async fn read(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let len = stream.read_u32_le().await?;
    let kind = stream.read_u8().await?;
    let mut rest = [0; 11];
    stream.read_exact(&mut rest).await?;
    let mut body = vec![0; usize::try_from(len).unwrap()];
    stream.read_exact(&mut body).await?;
    Ok((kind, body))
}
