//! What somebody who has the secret can do to a node with bytes alone, and what somebody who has not.

mod raw;
mod victim;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
        ("what has to come in chunks in one frame", frame(CALL, false, ID, &raw.call(TEXT, &[7; 65_536]))),
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

/// Of fewer calls it would say nothing within what time 99 of a hundred end.
const CALLS: u64 = 2_000;

/// Runs an attack beside a bystander, again and again until that has made enough calls. Everything that is promised is
/// asserted. No two links of attackers may have the same number; each attack has a thousand.
async fn beside(attack: impl AsyncFn(&Victim, u64)) {
    let victim = Victim::start();
    let node = victim::node("bystander").peers([victim.address.clone()]).client_of::<Target>();
    let node: Node = node.start().await.unwrap();
    node.ready().await.unwrap();
    let shard = node.module::<Target>().create_shard("any").unwrap();
    let (warm_up, _) = bystander(&shard, |calls| calls == 500).await;
    let (before, alone) = bystander(&shard, |calls| calls == CALLS).await;
    victim.forget_peak();
    let [resident, _] = victim.memory();
    let (made, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let attacked = async {
        let mut numbers = 0;
        while made.load(Ordering::SeqCst) < CALLS {
            attack(&victim, numbers).await;
            numbers += 1_000;
        }
        over.store(true, Ordering::SeqCst);
    };
    let is_over = |calls| {
        made.store(calls, Ordering::SeqCst);
        over.load(Ordering::SeqCst)
    };
    let ((during, beside), ()) = tokio::join!(bystander(&shard, is_over), attacked);
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
    beside(async |victim, number| {
        let mut raw = Raw::dial(&victim.address, number).await.unwrap();
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
    beside(async |victim, number| {
        let count = ends(&Raw::dial(&victim.address, number).await.unwrap()).len();
        for (number, at) in (number + 1..).zip(0..count) {
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
    beside(async |victim, number| {
        let whole = frame(
            CALL,
            false,
            ID,
            &Raw::dial(&victim.address, number).await.unwrap().call(NUMBERS, &[3, 1, 2, 3]),
        );
        for (number, cut) in (number + 1..).zip(1..whole.len()) {
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
    beside(async |victim, _| {
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
            // 3 s, and what the machine takes to say so. At once would be for another reason.
            assert!((CLOSED * 5 / 6..2 * CLOSED).contains(&took), "{took:?}");
        });
        futures::future::join_all(slow).await;
    })
    .await;
}

/// Of a node that can open no file more.
#[tokio::test(flavor = "multi_thread")]
async fn without_descriptors_links_go_on_and_the_next_is_taken_soon_after() {
    const FILES: u32 = 48;
    let victim = Victim::with_files(FILES);
    let node = victim::node("bystander").peers([victim.address.clone()]).client_of::<Target>();
    let node: Node = node.start().await.unwrap();
    node.ready().await.unwrap();
    let shard = node.module::<Target>().create_shard("any").unwrap();
    shard.echo(1).await.unwrap();
    let mut strangers = Vec::new();
    for _ in 0..100 {
        strangers.push(TcpStream::connect(&victim.address).await.unwrap());
    }
    let full = async {
        while victim.files() < FILES as usize {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(CLOSED, full).await.expect("it has no descriptor left");
    // Strangers are waited for 3 s, so that it has none in all of this time.
    let (busy, start) = (victim.busy(), Instant::now());
    while start.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(shard.echo(2).await, Ok(2), "the link is there");
        assert!(victim.files() >= FILES as usize, "and no descriptor is");
    }
    let busy = victim.busy().saturating_sub(busy);
    println!("{} ms of processor time in {} ms", busy.as_millis(), start.elapsed().as_millis());
    // Ticks, calls, pings and all. A loop that does not wait takes a whole processor.
    assert!(busy < start.elapsed() / 20, "{busy:?}");
    drop(strangers);
    let freed = Instant::now();
    let dialled = timeout(CLOSED, Raw::dial(&victim.address, 1)).await;
    assert!(dialled.is_ok_and(|raw| raw.is_ok()), "another is taken in");
    println!("another one {} ms after", freed.elapsed().as_millis());
    assert!(freed.elapsed() < Duration::from_secs(2), "{:?}", freed.elapsed());
}
