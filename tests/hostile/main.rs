//! What somebody who has the secret can do to a node with bytes alone, and what somebody who has not.

mod raw;
mod victim;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use raw::{CALL, CANCEL, Raw, frame};
use shard_runtime::Node;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use victim::{MAP, NO_METHOD, NOTHINGS, NUMBERS, TEXT, TREE, Target, TargetShard, Victim};

/// What the table of guarantees says of hostile bytes.
const MEMORY: u64 = 8 * 1024;
const CLOSED: Duration = Duration::from_secs(3);

/// Says that the machine has nothing else to do, so that times of bystanders mean something.
const QUIET: &str = "HOSTILE_QUIET";

/// A sequence's or a text's length of 2^34, and nothing of it.
const ENDLESS: [u8; 9] = [253, 0, 0, 0, 0, 4, 0, 0, 0];

/// Arguments that ask for more than there is, by the method that they are for.
fn bombs() -> Vec<(&'static str, u32, Vec<u8>)> {
    let ended = |more: usize| [&ENDLESS[..], &vec![1; more]].concat();
    vec![
        ("2^34 numbers", NUMBERS, ended(0)),
        ("2^34 numbers, of which some are there", NUMBERS, ended(1_000_000)),
        ("2^34 nothings", NOTHINGS, ended(0)),
        ("65,537 nothings", NOTHINGS, vec![252, 1, 0, 1, 0]),
        ("a text of 2^34 bytes", TEXT, ended(9)),
        ("a map of 2^34 entries", MAP, ended(100)),
        ("a map with a text of 2^34 bytes", MAP, [&[1, 7][..], &ENDLESS].concat()),
        ("a million levels", TREE, vec![1; 1_000_000]),
        ("65 levels", TREE, [&[1; 65][..], &[0]].concat()),
        ("a text that is none", TEXT, vec![3, 0xff, 0xff, 0xff]),
        ("more than the arguments", NUMBERS, vec![0, 0]),
        ("nothing at all", NUMBERS, vec![]),
    ]
}

/// A message in as many frames as it takes.
fn message(id: u64, body: &[u8]) -> Vec<u8> {
    let chunks: Vec<&[u8]> = body.chunks(65_536).collect();
    let frames = chunks.iter().enumerate().map(|(at, chunk)| frame(CALL, at + 1 < chunks.len(), id, chunk));
    frames.collect::<Vec<_>>().concat()
}

const ID: u64 = 1 << 32;

/// Bytes that end the link of whoever sends them.
fn ends(raw: &Raw) -> Vec<(&'static str, Vec<u8>)> {
    // Without arguments, so that none of them runs.
    let call = raw.call(NUMBERS, &[]);
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = frame(CALL, false, ID, &call);
        change(&mut bytes);
        bytes
    };
    vec![
        ("a frame of 4 GiB", with(|bytes| bytes[..4].fill(0xff))),
        (
            "a frame of 960 KiB and one byte",
            with(|bytes| bytes[..4].copy_from_slice(&(983_041_u32).to_le_bytes())),
        ),
        ("an unknown kind", with(|bytes| bytes[4] = 77)),
        ("an unknown flag", with(|bytes| bytes[5] = 2)),
        ("a reserved byte", with(|bytes| bytes[6] = 1)),
        ("a key that is longer than the frame", with(|bytes| bytes[30..32].fill(0xff))),
        ("an unknown presence", with(|bytes| bytes[29] = 0x80)),
        ("no head", frame(CALL, false, ID, &[])),
        ("a call twice", [frame(CALL, false, ID, &call), frame(CALL, false, ID, &call)].concat()),
        ("a place out of bounds", frame(CALL, false, ID | 65_536, &call)),
        ("a short chunk that is not the last", frame(CALL, true, ID, &call)),
        ("a message of 17 MiB", message(ID, &vec![0; 17 << 20])),
        ("the handshake again", frame(32, false, 0, &[0; 64])),
        ("101 cancels of nothing", frame(CANCEL, false, ID, &[]).repeat(101)),
        (
            "101 calls of no method",
            (0..101).flat_map(|n| frame(CALL, false, ID + n, &raw.call(NO_METHOD, &[]))).collect(),
        ),
    ]
}

/// Calls without a pause until it is over. Gives how many there were, none of which may fail, and within what time 99 of
/// a hundred ended.
async fn bystander(shard: &TargetShard, over: impl Fn(u64) -> bool) -> (u64, Duration) {
    let mut times = Vec::new();
    while !over(times.len() as u64) {
        let start = Instant::now();
        let number = times.len() as u64;
        assert_eq!(shard.echo(number).await, Ok(number));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    (times.len() as u64, times[times.len() * 99 / 100])
}

/// Runs an attack beside a bystander. Everything that is promised is asserted.
async fn beside(attack: impl AsyncFnOnce(&Victim)) {
    let victim = Victim::start();
    let node = victim::node("bystander").peers([victim.address.clone()]).client_of::<Target>();
    let node: Node = node.start().await.unwrap();
    node.ready().await.unwrap();
    let shard = node.module::<Target>().create_shard("any").unwrap();
    let (warm_up, _) = bystander(&shard, |calls| calls == 500).await;
    let (before, alone) = bystander(&shard, |calls| calls == 2_000).await;
    victim.forget_peak();
    let [resident, _] = victim.memory();
    let over = AtomicBool::new(false);
    let attacked = async {
        attack(&victim).await;
        over.store(true, Ordering::SeqCst);
    };
    let ((during, beside), ()) =
        tokio::join!(bystander(&shard, |calls| calls > 100 && over.load(Ordering::SeqCst)), attacked);
    let [_, peak] = victim.memory();
    println!(
        "memory {resident} KiB and {} more; 99 % of calls within {alone:?}, of {during} beside the attack {beside:?}",
        peak.saturating_sub(resident)
    );
    assert!(peak <= resident + MEMORY, "{peak} KiB, from {resident}");
    assert_eq!(shard.runs().await, Ok(warm_up + before + during), "nothing of the attack has run");
    let quiet = !cfg!(debug_assertions) && std::env::var_os(QUIET).is_some();
    assert!(!quiet || beside <= 2 * alone, "{beside:?}, and {alone:?} alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_ask_for_too_much_are_refused_and_cost_nothing() {
    beside(async |victim| {
        let mut raw = Raw::dial(&victim.address, 0).await.unwrap();
        for (id, (what, method, args)) in (ID..).zip(bombs()) {
            let call = raw.call(method, &args);
            raw.send(&message(id, &call)).await;
            let reply = timeout(CLOSED, raw.reply()).await.expect(what).expect(what);
            // Not started, since it cannot be decoded.
            assert_eq!(reply[..2], [3, 7], "{what}: {}", String::from_utf8_lossy(&reply));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_protocol_end_their_link_at_once() {
    beside(async |victim| {
        let count = ends(&Raw::dial(&victim.address, 99).await.unwrap()).len();
        for (number, at) in (100..).zip(0..count) {
            let mut raw = Raw::dial(&victim.address, number).await.unwrap();
            let (what, bytes) = ends(&raw).swap_remove(at);
            raw.send(&bytes).await;
            let took = timeout(2 * CLOSED, raw.closed()).await.unwrap_or(Duration::MAX);
            // Long before a peer that says nothing is given up.
            assert!(took < CLOSED / 2, "{what}: {took:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_ends_within_a_frame_leaves_nothing() {
    beside(async |victim| {
        let whole = frame(
            CALL,
            false,
            ID,
            &Raw::dial(&victim.address, 0).await.unwrap().call(NUMBERS, &[3, 1, 2, 3]),
        );
        for (number, cut) in (1..).zip(1..whole.len()) {
            let mut raw = Raw::dial(&victim.address, number).await.unwrap();
            raw.send(&whole[..cut]).await;
            raw.finish().await;
            let took = timeout(2 * CLOSED, raw.closed()).await.unwrap_or(Duration::MAX);
            assert!(took < CLOSED / 2, "cut at {cut}: {took:?}");
        }
    })
    .await;
}

/// One byte at a time, and never enough.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_slow_to_say_hello_is_not_waited_for() {
    beside(async |victim| {
        let slow = (0..40).map(async |_| {
            let (mut read, mut write) = TcpStream::connect(&victim.address).await.unwrap().into_split();
            let start = Instant::now();
            let drip = async {
                for byte in b"\x80\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0SHRD".iter().chain(&[0; 100]) {
                    if write.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            let closed = async {
                let _ = read.read_to_end(&mut Vec::new()).await;
                start.elapsed()
            };
            let (took, ()) = tokio::join!(closed, drip);
            // 3 s, and what the machine takes to say so.
            assert!(took < CLOSED + Duration::from_millis(500), "{took:?}");
        });
        futures::future::join_all(slow).await;
    })
    .await;
}
