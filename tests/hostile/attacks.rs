//! What the attacker does, in a process of its own, so that what it costs the attacker is not taken for what it costs
//! the node.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::CLOSED;
use crate::raw::{CALL, CANCEL, Raw, frame};
use crate::victim::{MAP, NO_METHOD, NOTHINGS, NUMBERS, TEXT, TREE};

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

/// The most bytes of body in one frame of a call, as the guide has it.
const CHUNK: usize = 66_560;

/// A message in as many frames as it takes.
fn message(id: u64, body: &[u8]) -> Vec<u8> {
    let chunks: Vec<&[u8]> = body.chunks(CHUNK).collect();
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
        ("what has to come in chunks in one frame", frame(CALL, false, ID, &raw.call(TEXT, &[7; CHUNK]))),
        ("the handshake again", frame(32, false, 0, &[0; 64])),
        ("101 cancels of nothing", frame(CANCEL, false, ID, &[]).repeat(101)),
        (
            "101 calls of no method",
            (0..101).flat_map(|n| frame(CALL, false, ID + n, &raw.call(NO_METHOD, &[]))).collect(),
        ),
    ]
}

/// One of the ways to attack. No two links of attackers may have the same number; each round has a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    /// Arguments that ask for too much.
    Bombs,
    /// Bytes that are no protocol.
    Ends,
    /// Links that end within a frame.
    Cuts,
    /// One byte at a time, and never enough.
    Drips,
}

impl Attack {
    const ALL: [Self; 4] = [Self::Bombs, Self::Ends, Self::Cuts, Self::Drips];

    async fn round(self, victim: &str, number: u64) {
        match self {
            Self::Bombs => bombs_round(victim, number).await,
            Self::Ends => ends_round(victim, number).await,
            Self::Cuts => cuts_round(victim, number).await,
            Self::Drips => drips_round(victim).await,
        }
    }
}

async fn bombs_round(victim: &str, number: u64) {
    let mut raw = Raw::dial(victim, number).await.unwrap();
    for (id, (what, method, args)) in (ID..).zip(bombs()) {
        let call = raw.call(method, &args);
        raw.send(&message(id, &call)).await;
        let reply = timeout(CLOSED, raw.reply()).await.expect(what).expect(what);
        // Not started, since it cannot be decoded.
        assert_eq!(reply[..2], [3, 7], "{what}: {}", String::from_utf8_lossy(&reply));
    }
}

async fn ends_round(victim: &str, number: u64) {
    let count = ends(&Raw::dial(victim, number).await.unwrap()).len();
    for (number, at) in (number + 1..).zip(0..count) {
        let mut raw = Raw::dial(victim, number).await.unwrap();
        let (what, bytes) = ends(&raw).swap_remove(at);
        raw.send(&bytes).await;
        let took = timeout(2 * CLOSED, raw.closed()).await.unwrap_or(Duration::MAX);
        // Long before a peer that says nothing is given up.
        assert!(took < CLOSED / 2, "{what}: {took:?}");
    }
}

async fn cuts_round(victim: &str, number: u64) {
    let call = Raw::dial(victim, number).await.unwrap().call(NUMBERS, &[3, 1, 2, 3]);
    let whole = frame(CALL, false, ID, &call);
    for (number, cut) in (number + 1..).zip(1..whole.len()) {
        let mut raw = Raw::dial(victim, number).await.unwrap();
        raw.send(&whole[..cut]).await;
        raw.finish().await;
        let took = timeout(2 * CLOSED, raw.closed()).await.unwrap_or(Duration::MAX);
        assert!(took < CLOSED / 2, "cut at {cut}: {took:?}");
    }
}

async fn drips_round(victim: &str) {
    let slow = (0..40).map(async |_| {
        let (mut read, mut write) = TcpStream::connect(victim).await.unwrap().into_split();
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
}

/// Where a process is told how to attack, and whom.
const ATTACK: &str = "HOSTILE_ATTACK";
const ADDRESS: &str = "HOSTILE_ADDRESS";
const NUMBER: &str = "HOSTILE_NUMBER";

/// Attacks, round after round, until it is told to end. Killed on drop.
pub(crate) struct Attacker {
    child: Child,
    said: Option<JoinHandle<String>>,
}

impl Attacker {
    /// `number` tells it from those before. It takes only what time the others leave of the processors: an attacker has a machine of its own.
    pub(crate) fn start(attack: Attack, victim: &str, number: u64) -> Self {
        let mut child = Command::new("nice")
            .args(["-n", "19"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "attacks::the_attacker", "--ignored", "--nocapture"])
            .env(ATTACK, format!("{attack:?}"))
            .env(ADDRESS, victim)
            .env(NUMBER, number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while line.trim() != "begins" {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "it ended");
        }
        let said = spawn(move || {
            let mut said = String::new();
            output.read_to_string(&mut said).unwrap();
            said
        });
        Self { child, said: Some(said) }
    }

    /// Tells it to end with the round that it is in. Gives whether it has.
    pub(crate) fn has_ended(&mut self) -> bool {
        drop(self.child.stdin.take());
        self.said.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// How many rounds it has made, in each of which the victim did as it should.
    pub(crate) fn rounds(mut self) -> u64 {
        let said = self.said.take().expect("once").join().unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the victim did not do as it should: {said}");
        let rounds = said.lines().find_map(|line| line.strip_prefix("rounds: "));
        rounds.expect("it says how many").parse().unwrap()
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "the other tests run it as a process of its own"]
async fn the_attacker() {
    let Ok(name) = std::env::var(ATTACK) else { return };
    let attack = Attack::ALL.into_iter().find(|attack| format!("{attack:?}") == name).unwrap();
    let victim = std::env::var(ADDRESS).unwrap();
    println!("\nbegins");
    let told = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let number: u64 = std::env::var(NUMBER).unwrap().parse().unwrap();
    let mut rounds = 0;
    loop {
        attack.round(&victim, 1_000_000 * number + 1_000 * rounds).await;
        rounds += 1;
        if told.is_finished() {
            break;
        }
    }
    println!("\nrounds: {rounds}");
}
