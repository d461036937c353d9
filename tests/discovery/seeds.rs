//! Seeds: one is enough, and those that are none of ours disturb nobody.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use shard_runtime::{Discovery, Error};

use crate::program::{Setup, until};
use crate::{ports, sees, soon, start};

/// Answers whatever comes as a web server does that does not understand it.
struct WebServer {
    address: String,
    answered: Arc<AtomicUsize>,
}

impl WebServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answered = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&answered);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream
                    .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, answered }
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn one_seed_that_is_up_is_enough_and_ones_own_may_be_among_them() {
    let [seed, ours, nobody] = ports::free();
    let seeds = || Discovery::gossip([nobody.clone(), seed.clone(), ours.replace("127.0.0.1", "localhost")]);
    let began = Instant::now();
    // The first of all has nobody to ask, and is its own seed under another name.
    let second = start("second", &ours, seeds()).await;
    soon(second.ready()).await.unwrap();
    assert_eq!(second.members().len(), 1);
    let first = start("first", &seed, seeds()).await;
    soon(first.ready()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(first.view().get("second").is_some());
    sees(&second, "first").await;
}

#[tokio::test]
async fn a_seed_that_comes_later_is_found() {
    let [seed] = ports::free();
    let early = start("early", "127.0.0.1:0", Discovery::gossip([seed.clone()])).await;
    soon(early.ready()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _seed = start("seed", &seed, Discovery::single()).await;
    sees(&early, "seed").await;
}

#[tokio::test]
async fn a_node_whose_seeds_are_all_something_else_is_told() {
    let server = WebServer::start();
    let node = start("lost", "127.0.0.1:0", Discovery::gossip([server.address.clone()])).await;
    let error = soon(node.ready()).await.unwrap_err();
    assert!(matches!(&error, Error::Refused { address, .. } if *address == server.address), "{error}");
    assert!(error.to_string().contains("protocol"), "{error}");
}

#[test]
fn a_seed_that_is_something_else_is_told_once_and_disturbs_nobody() {
    let server = WebServer::start();
    let [seed] = ports::free();
    let start = |name, listen: &str, seeds: &str| {
        let setup = Setup::new("cluster").option("--name", name).option("--listen", listen);
        setup.option("--discovery", &format!("gossip://{seeds}")).start()
    };
    let mut first = start("first", &seed, &seed);
    first.line("is ready");
    let mut second = start("second", "127.0.0.1:0", &format!("{},{seed}", server.address));
    second.line("is ready");
    until("both", || (second.ask("nodes", " nodes").pop()? == "2 nodes").then_some(()));
    // It is asked again and again: somebody may yet come to that address.
    let before = server.answered();
    until("more attempts", || (server.answered() >= before + 3).then_some(()));
    second.ask("create arena-1", " is on node ");
    assert_eq!(second.ask("nodes", " nodes").pop().unwrap(), "2 nodes");
    second.close_input();
    assert!(second.wait().success());
    let log = second.log();
    let told = log.lines().filter(|line| line.contains(&server.address)).count();
    assert_eq!(told, 1, "{log}");
}

#[test]
fn m68_a_setting_that_cannot_be_is_refused_before_the_node_starts() {
    for (setting, expected) in [
        ("gossip://seed", "expected `host:port`"),
        ("fixed://http://127.0.0.1:80", "expected `host:port`"),
        ("dns://name", "a name and the port"),
        ("zookeper://127.0.0.1:2181", "known are `single`, `fixed://"),
    ] {
        let failure = Setup::new("cluster").environment("SHARD_DISCOVERY", Some(setting)).start().failure();
        assert!(failure.contains(expected), "{setting}: {failure}");
    }
    let both = Setup::new("cluster").option("--peers", "127.0.0.1:1").option("--discovery", "single");
    let failure = both.start().failure();
    assert!(failure.contains("SHARD_PEERS") && failure.contains("SHARD_DISCOVERY"), "{failure}");
}
