//! M47 from outside: whoever can open a connection, and whoever sits on one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::Node;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::fixture::{
    Arena, CALL, GOODBYE, Raw, Stray, Toward, active, patient, shard_on, tcp, tcp_builder, tcp_pair, until,
    within,
};

/// What nobody who speaks the protocol sends before he has proved himself.
fn hostile_bytes() -> Vec<(&'static str, Vec<u8>)> {
    let hello = Stray::new().hello();
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = hello.bytes();
        change(&mut bytes);
        bytes
    };
    let body = |change: fn(&mut Vec<u8>)| {
        let mut hello = hello.clone();
        change(&mut hello.body);
        hello.bytes()
    };
    let mut all = vec![
        ("nothing", vec![]),
        ("one byte", vec![1]),
        ("garbage", (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ("zeros", vec![0; 4096]),
        ("ones", vec![0xff; 4096]),
        ("another protocol", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        ("a huge length", with(|bytes| bytes[..4].fill(0xff))),
        ("a length beyond 4 KiB", with(|bytes| bytes[..4].copy_from_slice(&4097_u32.to_le_bytes()))),
        ("an unknown kind", with(|bytes| bytes[4] = 200)),
        ("a flag", with(|bytes| bytes[5] = 1)),
        ("reserved bytes", with(|bytes| bytes[7] = 1)),
        ("a call first", Raw::new(CALL, 1, vec![0; 64]).bytes()),
        ("a proof first", Raw::new(34, 0, vec![0; 32]).bytes()),
        ("an accept first", Raw::new(35, 0, vec![]).bytes()),
        ("an empty hello", Raw::new(32, 0, vec![]).bytes()),
        ("no magic", body(|body| body[0] = b'X')),
        ("an unknown purpose", body(|body| body[8] = 9)),
        ("a long name", body(|body| body[49..51].fill(0xff))),
        (
            "too many keys",
            body(|body| {
                let at = body.len() - 5;
                body[at] = 255;
            }),
        ),
        ("trailing bytes", body(|body| body.push(0))),
        ("two hellos", [hello.bytes(), hello.bytes()].concat()),
    ];
    let whole = hello.bytes();
    all.extend((1..whole.len()).step_by(13).map(|cut| ("a truncated hello", whole[..cut].to_vec())));
    all
}

/// Sends and waits for the end.
async fn assault(address: &str, bytes: Vec<u8>) -> Duration {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whether the other side takes all of it is its own affair.
    let _ = stream.write_all(&bytes).await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
    start.elapsed()
}

/// Calls without a pause until told to stop; gives how many, none of which may fail.
async fn steady_calls(from: &Node, to: &Node, stop: &AtomicBool) -> u64 {
    let shard = shard_on(from, to);
    let mut count = 0;
    while !stop.load(Ordering::SeqCst) {
        let before = Instant::now();
        assert_eq!(shard.mark(count).await.unwrap(), count);
        assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
        count += 1;
        tokio::task::yield_now().await;
    }
    count
}

#[tokio::test]
async fn m47_hostile_bytes_end_their_connection_within_3_s_and_disturb_nobody() {
    patient(async {
        let (nodes, arenas) = tcp(2).await;
        let stop = AtomicBool::new(false);
        let assaults = async {
            // No more at once than may be unproven, so that each is looked at.
            for some in hostile_bytes().chunks(48) {
                let ends = some
                    .iter()
                    .map(async |(what, bytes)| (*what, assault(nodes[1].address(), bytes.clone()).await));
                for (what, took) in join_all(ends).await {
                    assert!(took <= Duration::from_millis(3_500), "{what}: {took:?}");
                }
            }
            stop.store(true, Ordering::SeqCst);
        };
        let (count, ()) = tokio::join!(steady_calls(&nodes[0], &nodes[1], &stop), assaults);
        assert_eq!(arenas[1].worked(), (0..count).collect::<Vec<_>>(), "each once, in order");
        assert!(nodes.iter().all(|node| node.members().len() == 2));
        assert_eq!(arenas[1].all_runs() as u64, count);
    })
    .await;
}

#[tokio::test]
async fn m47_strangers_who_hold_connections_keep_no_member_out_for_good() {
    patient(async {
        let (nodes, _arenas) = tcp(2).await;
        let shard = shard_on(&nodes[0], &nodes[1]);
        let mut strangers = Vec::new();
        for _ in 0..200 {
            strangers.push(TcpStream::connect(nodes[1].address()).await.unwrap());
        }
        assert_eq!(shard.label().await.unwrap(), "tcp-1");
        let late = tcp_builder("late", nodes.iter().map(Node::address)).shared_module(Arena::new("late"));
        let late = late.start().await.unwrap();
        until(Duration::from_secs(10), "it joins", || active(&late) == 3).await;
        late.ready().await.unwrap();
        assert_eq!(shard_on(&late, &nodes[1]).label().await.unwrap(), "tcp-1");
        drop(strangers);
    })
    .await;
}

#[tokio::test]
async fn m47_a_member_that_breaks_the_protocol_loses_its_link_and_nobody_elses() {
    Box::pin(patient(async {
        let pair = tcp_pair().await;
        // A third node, on a link of its own.
        let third = tcp_builder("third", [&pair.target]).shared_module(Arena::new("third"));
        let third = third.start().await.unwrap();
        third.ready().await.unwrap();
        let stop = AtomicBool::new(false);
        let frames = [
            Raw::new(CALL, 7, vec![]).bytes(),
            Raw::new(CALL, 7, vec![0xff; 100]).bytes(),
            Raw::new(GOODBYE, 0, vec![9]).bytes(),
            Raw::new(3, 1, vec![0]).bytes(),
            Raw::new(6, 1, vec![0; 4]).bytes(),
            Raw::new(10, 0, vec![]).bytes(),
            Raw::new(32, 0, vec![]).bytes(),
            vec![0xff; 64],
            vec![0xff, 0xff, 0xff, 0x7f, CALL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        let assaults = async {
            for toward in [Toward::Target, Toward::Dialler] {
                for bytes in &frames {
                    let ended = pair.relay.ended();
                    pair.relay.inject(toward, bytes.clone());
                    until(Duration::from_secs(3), "the link ends", || pair.relay.ended() > ended).await;
                    until(Duration::from_secs(15), "another link", || pair.relay.open() == 1).await;
                    within(Duration::from_secs(10), "a call", async {
                        while pair.shard.nothing().await.is_err() {
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    })
                    .await;
                }
            }
            stop.store(true, Ordering::SeqCst);
        };
        let (count, ()) = tokio::join!(steady_calls(&third, &pair.callee, &stop), assaults);
        assert_eq!(pair.arena.worked(), (0..count).collect::<Vec<_>>());
        assert_eq!(pair.arena.runs("nothing"), 2 * frames.len());
        assert_eq!(pair.arena.all_runs() as u64, count + 2 * frames.len() as u64, "nothing else has run");
    }))
    .await;
}
