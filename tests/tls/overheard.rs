//! What somebody on the way gets to see.

use std::sync::{Arc, Mutex};

use shard_runtime::{Node, NodeBuilder, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::Ca;
use crate::fixture::{builder, plain, sees, shard_on, soon, until};

/// All that came from those who dialled, by connection, and all that was answered.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Vec<u8>>>>);

impl Heard {
    /// Passes on what comes to `listener`, and remembers it.
    fn between(&self, listener: TcpListener, there: String) {
        let heard = self.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(&there).await else { continue };
                let ((near, to_near), (far, to_far)) = (near.into_split(), far.into_split());
                for (from, to) in [(near, to_far), (far, to_near)] {
                    tokio::spawn(heard.clone().pass(from, to));
                }
            }
        });
    }

    async fn pass(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let index = {
            let mut all = self.0.lock().unwrap();
            all.push(Vec::new());
            all.len() - 1
        };
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            self.0.lock().unwrap()[index].extend_from_slice(&buffer[..count]);
            if to.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    }

    fn directions(&self) -> usize {
        self.0.lock().unwrap().iter().filter(|bytes| !bytes.is_empty()).count()
    }

    fn has(&self, word: &str) -> bool {
        let all = self.0.lock().unwrap();
        all.iter().any(|bytes| bytes.windows(word.len()).any(|part| part == word.as_bytes()))
    }

    /// Whether each direction is nothing but TLS, of the first byte to the last that is here.
    fn is_in_tls(&self) -> bool {
        let records = |mut bytes: &[u8]| {
            while let [kind, 3, 1 | 3, high, low, rest @ ..] = bytes {
                if !(0x14..=0x17).contains(kind) {
                    return false;
                }
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                bytes = rest.get(length..).unwrap_or_default();
            }
            bytes.len() < 5
        };
        self.0.lock().unwrap().iter().all(|bytes| records(bytes))
    }
}

/// A node that others reach through somebody who listens.
async fn behind(heard: &Heard, node: NodeBuilder) -> Node {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let inside = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let node = node.listen(&*inside).advertise(&*address).start().await.unwrap();
    heard.between(listener, inside);
    node
}

const WORDS: &str = "words that nobody else is to read";

/// Two nodes meet, gossip and call, and all of it is overheard.
async fn overhear(tls: Option<[Tls; 2]>) -> Heard {
    let heard = Heard::default();
    let [one, other] = tls.map_or([None, None], |both| both.map(Some));
    let new = |name: &str, tls| match tls {
        Some(tls) => builder(name, tls),
        None => plain(name),
    };
    let a = behind(&heard, new("overheard-a", one)).await;
    let b = behind(&heard, new("overheard-b", other).peers([a.address()])).await;
    soon(b.ready()).await.unwrap();
    until("both see both", || sees(&a, &[&a, &b]) && sees(&b, &[&a, &b])).await;
    for (from, to) in [(&a, &b), (&b, &a)] {
        let echoed = soon(shard_on(from, to).echo(WORDS.as_bytes())).await.unwrap();
        assert_eq!(echoed, WORDS.as_bytes());
    }
    // One for calls and one for liveness, with the gossip in it.
    until("there are two connections at least", || heard.directions() >= 4).await;
    heard
}

#[tokio::test]
async fn nothing_of_calls_and_gossip_can_be_read_on_the_way() {
    let open = overhear(None).await;
    for word in [WORDS, "overheard-a", "overheard-b"] {
        assert!(open.has(word), "whoever listens hears {word:?} without TLS");
    }
    assert!(!open.is_in_tls());
    let ca = Ca::new("cluster");
    let closed = overhear(Some([ca.node().tls(), ca.node().tls()])).await;
    for word in [WORDS, "overheard-a", "overheard-b"] {
        assert!(!closed.has(word), "{word:?}");
    }
    assert!(closed.is_in_tls());
}
