//! Who has proved nothing gets no more of a node for speaking TLS.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use shard_runtime::Node;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::certificates::Ca;
use crate::fixture::{soon, start};

/// How long the other side keeps a connection on which this was said, and then a byte every 100 ms, or nothing.
async fn kept(address: &str, first: &[u8], then: Option<u8>) -> Duration {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let since = Instant::now();
    socket.write_all(first).await.unwrap();
    let mut buffer = [0; 64];
    loop {
        match timeout(Duration::from_millis(100), socket.read(&mut buffer)).await {
            Ok(Ok(0)) => return since.elapsed(),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                return since.elapsed();
            }
            Err(_) => {
                if let Some(byte) = then {
                    let _ = socket.write_all(&[byte]).await;
                }
            }
        }
        assert!(since.elapsed() < Duration::from_secs(20), "it is still open");
    }
}

/// A record with a `ClientHello` of 500 bytes, of which there are only some.
const BEGUN: [u8; 11] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

async fn node() -> (Node, Ca) {
    let ca = Ca::new("cluster");
    (start("node", ca.node().tls(), &[]).await, ca)
}

#[tokio::test]
async fn whoever_takes_more_than_three_seconds_is_closed() {
    let (node, _ca) = node().await;
    let slow = [(&[][..], None), (&BEGUN[..1], None), (&BEGUN, None), (&BEGUN, Some(7)), (b"\x10", None)];
    let kept = slow.map(|(first, then)| kept(node.address(), first, then));
    for kept in futures::future::join_all(kept).await {
        assert!((2_500..4_500).contains(&kept.as_millis()), "{kept:?}");
    }
}

/// Whatever comes in so many bytes is not waited for to end.
#[tokio::test]
async fn whoever_says_more_than_a_greeting_has_or_what_is_none_is_closed_at_once() {
    let (node, ca) = node().await;
    // The beginnings of a greeting of 60,000 bytes: in one record, and in many.
    let whole = [&[0x16, 3, 1, 0x40, 0, 1, 0, 0xea, 0x60][..], &[0; 8_000]].concat();
    let many = [&[0x16, 3, 1, 0, 4, 1, 0, 0xea, 0x60][..], &[0x16, 3, 1, 0, 1, 0].repeat(1_000)].concat();
    let said = [
        &whole[..],
        &many,
        b"\x16\x03\x01\x00\x04junk",
        b"\x16\x16\x16\x16\x16\x16\x16\x16",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0xff; 10_000],
    ];
    for (at, said) in said.into_iter().enumerate() {
        let kept = kept(node.address(), said, Some(0)).await;
        assert!(kept < Duration::from_millis(1_500), "{at}: {kept:?}");
    }
    let other = start("other", ca.node().tls(), &[&node]).await;
    soon(other.ready()).await.unwrap();
}

#[tokio::test]
async fn sixty_four_who_have_begun_are_as_many_as_there_may_be() {
    let (node, ca) = node().await;
    let mut begun = Vec::new();
    for _ in 0..64 {
        let mut socket = TcpStream::connect(node.address()).await.unwrap();
        socket.write_all(&BEGUN).await.unwrap();
        begun.push(socket);
    }
    sleep(Duration::from_millis(200)).await;
    let mut one_more = TcpStream::connect(node.address()).await.unwrap();
    let end = timeout(Duration::from_secs(1), one_more.read(&mut [0; 64])).await.expect("closed at once");
    assert!(matches!(end, Ok(0)) || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    // Their places are free again when their time is up.
    sleep(Duration::from_millis(3_500)).await;
    for mut socket in begun {
        let end = timeout(Duration::from_secs(1), socket.read(&mut [0; 64])).await.expect("closed by now");
        assert!(end.is_err() || matches!(end, Ok(0)));
    }
    let other = start("other", ca.node().tls(), &[&node]).await;
    soon(other.ready()).await.unwrap();
    assert_eq!(other.members().len(), 2);
}
