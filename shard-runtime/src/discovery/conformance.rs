//! What every engine has to do, whatever it asks.

use core::time::Duration;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Discovery;
use super::dns::Dns;
use super::engine::{Announcement, Engine};
use super::sighting::{Found, Sighting, Sightings};
use crate::membership::{Boot, NodeName};

/// Longer than any engine takes to notice something.
const NOTICED: Duration = Duration::from_secs(15);

/// How long an engine may take to withdraw: a node that stops waits no longer.
const WITHDRAWN: Duration = Duration::from_secs(1);

/// Where engines look, and how a test has it say something.
trait World {
    fn engine(&self) -> Box<dyn Engine>;

    /// A node is there, or not any more: for engines that announce nothing themselves.
    fn set(&self, _node: &Announcement, _there: bool) {}

    /// Whether nodes come and go in it: a list that was written down says the same for ever.
    fn changes(&self) -> bool {
        true
    }

    /// Whether it knows clusters and boots, and not just addresses.
    fn knows_nodes(&self) -> bool {
        false
    }
}

/// An engine at work.
struct Running {
    me: watch::Sender<Announcement>,
    found: watch::Receiver<Found>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(world: &dyn World, me: Announcement) -> Self {
        world.set(&me, true);
        let (sightings, found) = Sightings::new();
        let (me, announced) = watch::channel(me);
        let stop = CancellationToken::new();
        let task = tokio::spawn(world.engine().run(announced, sightings, stop.clone()));
        Self { me, found, stop, task }
    }

    async fn stop(self, world: &dyn World) {
        world.set(&self.me.borrow(), false);
        self.stop.cancel();
        timeout(WITHDRAWN, self.task).await.expect("an engine that is stopped returns soon").unwrap();
    }

    async fn until(&mut self, what: &str, is_so: impl Fn(&[Sighting]) -> bool) {
        let last = self.found.clone();
        let seen = self.found.wait_for(|found| found.looked && is_so(&found.sightings));
        let seen = timeout(NOTICED, seen).await.map(|seen| drop(seen.unwrap()));
        seen.unwrap_or_else(|_| panic!("{what} is not seen, but {:?}", last.borrow().sightings));
    }

    async fn sees(&mut self, node: &Announcement) {
        self.until(&node.address, |seen| seen.iter().any(|sighting| sighting.address == node.address)).await;
    }

    async fn sees_no_more(&mut self, node: &Announcement) {
        self.until("that it is gone", |seen| seen.iter().all(|sighting| sighting.address != node.address))
            .await;
    }
}

/// The address of a node on this machine. They differ in the host, since a name in the DNS has one port.
fn node(cluster: &str, name: &str, boot: u64, host: u8) -> Announcement {
    Announcement {
        cluster: cluster.to_owned(),
        name: NodeName::try_from(name).unwrap(),
        boot: Boot::new(boot),
        address: format!("127.0.0.{host}:7400"),
    }
}

async fn conforms(world: &dyn World) {
    // Nobody else on this network has that.
    let cluster = format!("test-{:016x}", getrandom::u64().unwrap());
    let node = |name, boot, host| node(&cluster, name, boot, host);

    // It says that it has looked, whoever is there.
    let mut one = Running::start(world, node("one", 1, 1));
    one.until("anything", |_| true).await;

    // Who comes is seen from both sides; two nodes of one name are two addresses.
    let twins = [node("twin", 2, 2), node("twin", 3, 3)];
    let [mut first, second] = twins.clone().map(|twin| Running::start(world, twin));
    for twin in &twins {
        one.sees(twin).await;
    }
    first.sees(&node("one", 1, 1)).await;
    first.sees(&twins[1]).await;

    if world.knows_nodes() {
        let other = Announcement { cluster: format!("{cluster}-other"), ..node("other", 4, 4) };
        let other = Running::start(world, other);
        // A boot that changes while the node lives is announced anew.
        first.me.send_modify(|me| me.boot = Boot::new(20));
        let is_new = |sighting: &Sighting| sighting.boot == Some(Boot::new(20));
        one.until("the new boot", |seen| seen.iter().any(is_new)).await;
        let name = Some(NodeName::try_from("twin").unwrap());
        let seen = Arc::clone(&one.found.borrow().sightings);
        assert!(seen.iter().all(|sighting| sighting.name == name), "another cluster's, or itself: {seen:?}");
        let boots: BTreeSet<_> = seen.iter().filter_map(|sighting| sighting.boot).collect();
        assert_eq!(boots, [3, 20].map(Boot::new).into(), "the old boot was withdrawn");
        other.stop(world).await;
    }

    first.stop(world).await;
    if world.changes() {
        one.sees_no_more(&twins[0]).await;
        one.sees(&twins[1]).await;
    }

    // Reborn, where it was and somewhere else.
    let reborn = Running::start(world, node("twin", 21, 2));
    one.sees(&twins[0]).await;
    reborn.stop(world).await;
    if world.changes() {
        let moved = Running::start(world, node("twin", 22, 5));
        one.sees(&node("twin", 22, 5)).await;
        moved.stop(world).await;
        one.sees_no_more(&twins[0]).await;
    }

    // An engine that starts again sees who is there.
    one.stop(world).await;
    let mut again = Running::start(world, node("one", 11, 1));
    again.sees(&twins[1]).await;
    again.stop(world).await;
    second.stop(world).await;

    // Stopped before it has begun.
    Running::start(world, node("one", 12, 1)).stop(world).await;
}

/// Addresses that somebody wrote down.
struct Written(fn(Vec<String>) -> Discovery);

impl World for Written {
    fn engine(&self) -> Box<dyn Engine> {
        self.0((1..=5).map(|host| format!("127.0.0.{host}:7400")).collect()).engine().unwrap()
    }

    fn changes(&self) -> bool {
        false
    }
}

#[tokio::test(start_paused = true)]
async fn lists_conform() {
    conforms(&Written(Discovery::fixed)).await;
    conforms(&Written(Discovery::gossip)).await;
}

#[tokio::test]
async fn single_finds_nobody() {
    let (sightings, mut found) = Sightings::new();
    let (_me, announced) = watch::channel(node("c", "one", 1, 1));
    let stop = CancellationToken::new();
    let running = tokio::spawn(Discovery::single().engine().unwrap().run(announced, sightings, stop.clone()));
    assert!(found.wait_for(|found| found.looked).await.unwrap().sightings.is_empty());
    stop.cancel();
    running.await.unwrap();
}

/// A name's records, which somebody keeps, and a resolver for them.
#[derive(Clone)]
struct Zone(Arc<Mutex<Script>>);

struct Script {
    records: BTreeSet<SocketAddr>,
    /// What to answer instead of the records.
    error: Option<io::ErrorKind>,
    /// How long an answer takes.
    delay: Duration,
    asked: usize,
}

impl Zone {
    fn new() -> Self {
        let (records, error, delay) = (BTreeSet::new(), None, Duration::from_millis(20));
        Self(Arc::new(Mutex::new(Script { records, error, delay, asked: 0 })))
    }

    fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.0.lock().unwrap());
    }

    fn look_up(&self) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let zone = self.clone();
        async move {
            let delay = {
                let mut script = zone.0.lock().unwrap();
                script.asked += 1;
                script.delay
            };
            sleep(delay).await;
            let script = zone.0.lock().unwrap();
            match script.error {
                Some(kind) => Err(kind.into()),
                None => Ok(script.records.iter().copied().collect()),
            }
        }
        .boxed()
    }
}

impl World for Zone {
    fn engine(&self) -> Box<dyn Engine> {
        let zone = self.clone();
        let resolver = move |name: &str, port: u16| {
            assert_eq!((name, port), ("game.svc", 7400));
            zone.look_up()
        };
        Box::new(Dns::with_resolver("game.svc".to_owned(), 7400, Box::new(resolver)))
    }

    fn set(&self, node: &Announcement, there: bool) {
        let address = node.address.parse().unwrap();
        self.script(|script| {
            if there {
                script.records.insert(address)
            } else {
                script.records.remove(&address)
            };
        });
    }
}

#[tokio::test(start_paused = true)]
async fn dns_conforms() {
    conforms(&Zone::new()).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_is_looked_up_every_five_seconds_and_not_in_step() {
    let zone = Zone::new();
    let one = Running::start(&zone, node("c", "one", 1, 1));
    sleep(Duration::from_secs(600)).await;
    let asked = zone.0.lock().unwrap().asked;
    assert!((110..=130).contains(&asked), "{asked} times in ten minutes");
    one.stop(&zone).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_cannot_be_looked_up_takes_nothing_back_and_is_looked_up_again() {
    let zone = Zone::new();
    zone.script(|script| script.error = Some(io::ErrorKind::NotFound));
    let (me, other) = (node("c", "one", 1, 1), node("c", "two", 2, 2));
    zone.set(&other, true);
    let mut one = Running::start(&zone, me);
    one.until("the failure", <[_]>::is_empty).await;
    zone.script(|script| script.error = None);
    one.sees(&other).await;

    zone.script(|script| script.error = Some(io::ErrorKind::TimedOut));
    sleep(Duration::from_secs(60)).await;
    one.sees(&other).await;

    // No records is an answer; what is made of it is for the node to say.
    zone.script(|script| (script.error, script.records) = (None, BTreeSet::new()));
    one.sees_no_more(&other).await;
    one.stop(&zone).await;
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_hangs_is_not_asked_twice_and_holds_nobody_up() {
    let zone = Zone::new();
    zone.script(|script| script.delay = Duration::from_secs(40));
    let other = node("c", "two", 2, 2);
    zone.set(&other, true);
    let mut one = Running::start(&zone, node("c", "one", 1, 1));
    timeout(Duration::from_secs(4), one.found.wait_for(|found| found.looked)).await.unwrap().unwrap();
    sleep(Duration::from_secs(39)).await;
    assert_eq!(zone.0.lock().unwrap().asked, 1);
    one.sees(&other).await;
    one.stop(&zone).await;
}

#[tokio::test]
async fn dns_asks_the_system() {
    let (sightings, mut found) = Sightings::new();
    let (_me, announced) = watch::channel(node("c", "one", 1, 9));
    let stop = CancellationToken::new();
    let engine = Discovery::dns("localhost", 7400).engine().unwrap();
    let running = tokio::spawn(engine.run(announced, sightings, stop.clone()));
    let seen =
        timeout(NOTICED, found.wait_for(|found| found.looked)).await.unwrap().unwrap().sightings.clone();
    let addresses: Vec<_> = seen.iter().map(|sighting| sighting.address.as_str()).collect();
    assert!(
        addresses.iter().all(|address| ["127.0.0.1:7400", "[::1]:7400"].contains(address)),
        "{addresses:?}"
    );
    assert!(!addresses.is_empty());
    stop.cancel();
    running.await.unwrap();
}

/// The real one, on this machine.
#[cfg(feature = "mdns")]
mod mdns {
    use std::net::{Ipv4Addr, UdpSocket};

    use super::*;

    struct Network;

    impl World for Network {
        fn engine(&self) -> Box<dyn Engine> {
            Discovery::mdns().engine().unwrap()
        }

        fn knows_nodes(&self) -> bool {
            true
        }
    }

    /// Whether the loopback interface carries multicast, asked of the sockets themselves.
    fn loopback_carries_multicast() -> io::Result<()> {
        let group = Ipv4Addr::new(239, 255, 74, 0);
        let to = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        to.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
        to.set_read_timeout(Some(Duration::from_secs(2)))?;
        let from = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        from.send_to(b"anybody?", (group, to.local_addr()?.port()))?;
        to.recv(&mut [0; 16]).map(drop)
    }

    #[tokio::test]
    async fn mdns_conforms() {
        if let Err(error) = loopback_carries_multicast() {
            eprintln!("skipped: the loopback interface here carries no multicast ({error})");
            return;
        }
        conforms(&Network).await;
    }
}
