//! What TLS costs a call, beside a plain link in the same run:
//! `cargo bench --package shard-runtime --features tls --bench links`.
//!
//! Two nodes in this process call each other over the loopback. Plain and TLS take turns, and the medians of all rounds are
//! shown; the machine's mood is in both.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use shard_runtime::{Node, Secret, Shard as _, Tls, sharded_module};
use tokio::task::JoinSet;

const ROUNDS: usize = 9;
const ONE_BY_ONE: u32 = 3_000;
const TOGETHER: u32 = 64;
const EACH: u32 = 400;

struct Echo;

#[sharded_module]
impl Echo {
    pub(crate) fn echo(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }
}

/// Two nodes, and a shard of one that the other calls.
struct Pair {
    shard: EchoShard,
    _nodes: [Node; 2],
}

/// What was measured: for a call alone, and how many there are in a second; and bytes both ways in a second.
#[derive(Default)]
struct Figures {
    trips: Vec<Duration>,
    rates: Vec<f64>,
    bytes: Vec<f64>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // cargo nextest asks each target for its tests, and here there are none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let pairs = [Pair::start(None).await, Pair::start(Some(&certificates())).await];
    let mut figures = [Figures::default(), Figures::default()];
    for round in 0..=ROUNDS {
        for (pair, figures) in pairs.iter().zip(&mut figures) {
            let (trip, rate, bytes) = (pair.trip().await, pair.rate().await, pair.large().await);
            // The first round is for warming up.
            if round > 0 {
                figures.trips.push(trip);
                figures.rates.push(rate);
                figures.bytes.push(bytes);
            }
        }
    }
    println!("        one in flight   64 in flight   64 KiB, 8 in flight");
    for (name, Figures { mut trips, mut rates, mut bytes }) in ["plain", "TLS"].into_iter().zip(figures) {
        trips.sort();
        rates.sort_by(f64::total_cmp);
        bytes.sort_by(f64::total_cmp);
        let (trip, rate, bytes) = (trips[ROUNDS / 2], rates[ROUNDS / 2], bytes[ROUNDS / 2]);
        println!("{name:5}   {trip:>13.1?}   {rate:>8.0} / s   {:>11.0} MiB / s", bytes / f64::from(1 << 20));
    }
}

impl Pair {
    async fn start(tls: Option<&Tls>) -> Self {
        let builder = |name: &str| {
            let node = Node::builder("links").name(name).listen("127.0.0.1:0").module(Echo);
            let node = node.secret(Secret::new([7; 32]).expect("it is long enough"));
            if let Some(tls) = tls { node.tls(tls.clone()) } else { node }
        };
        let far = builder("far").start().await.expect("it starts");
        let near = builder("near").peers([far.address()]).start().await.expect("it starts");
        near.ready().await.expect("the other one is there");
        let token = far.module::<Echo>().local_shard().expect("it hosts the module").token().mint();
        let shard = near.module::<Echo>().get_shard(&token).expect("the nodes have one secret");
        Self { shard, _nodes: [near, far] }
    }

    async fn call(&self, bytes: &[u8]) {
        self.shard.echo(bytes).await.expect("it is answered");
    }

    async fn trip(&self) -> Duration {
        let start = Instant::now();
        for _ in 0..ONE_BY_ONE {
            self.call(b"a small one").await;
        }
        start.elapsed() / ONE_BY_ONE
    }

    async fn rate(&self) -> f64 {
        let took = self.together(TOGETHER, EACH, 11).await;
        f64::from(TOGETHER * EACH) / took.as_secs_f64()
    }

    /// Bytes in a second, there and back.
    async fn large(&self) -> f64 {
        let took = self.together(8, 50, 64 * 1024).await;
        f64::from(2 * 8 * 50 * 64 * 1024) / took.as_secs_f64()
    }

    async fn together(&self, tasks: u32, each: u32, size: usize) -> Duration {
        let start = Instant::now();
        let mut calls = JoinSet::new();
        for _ in 0..tasks {
            let shard = self.shard.clone();
            calls.spawn(async move {
                let bytes = vec![7; size];
                for _ in 0..each {
                    shard.echo(&bytes).await.expect("it is answered");
                }
            });
        }
        calls.join_all().await;
        start.elapsed()
    }
}

/// Those of a node on this machine, by a CA of its own.
fn certificates() -> Tls {
    let key = || KeyPair::generate().expect("there is randomness");
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, key()).expect("it can be signed");
    let node = CertificateParams::new(["127.0.0.1".to_owned()]).expect("it is an address");
    let own = key();
    let certificate = node.signed_by(&own, &ca).expect("it can be signed");
    Tls::from_pem(ca.pem(), certificate.pem(), own.serialize_pem())
}
