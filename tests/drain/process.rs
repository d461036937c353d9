//! Processes of their own, over TCP, which are asked to end as an operating system does.
//!
//! They are the nodes of `examples/rolling`; this process is a gateway that calls them. As each ends it says which
//! calls have run there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use shard_runtime::{CallError, Node, Shard as _, State};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::ports;
use crate::program::{Program, SECRET, Setup, until};
use crate::tally::Tally;

const CLUSTER: &str = "drain";

struct Bed {
    runtime: Runtime,
    gateway: Node,
    nodes: BTreeMap<&'static str, Program>,
}

/// A call, and what its caller was told when.
type Told = (u64, Result<u64, CallError>, Instant);

impl Bed {
    /// Three nodes and a gateway that sees them.
    fn start(drain_deadline: Option<&str>) -> Self {
        let addresses: [String; 3] = ports::free();
        let mut nodes = BTreeMap::new();
        for (name, address) in ["a", "b", "c"].into_iter().zip(&addresses) {
            let node = Setup::new("rolling")
                .environment("SHARD_DRAIN_DEADLINE", drain_deadline)
                .word("node")
                .option("--cluster", CLUSTER)
                .option("--name", name)
                .option("--listen", address)
                .peers(addresses.iter().map(String::as_str))
                .start();
            nodes.insert(name, node);
        }
        for node in nodes.values_mut() {
            node.line("ready");
        }
        let runtime = Runtime::new().unwrap();
        let gateway = runtime.block_on(async {
            let gateway = Node::builder(CLUSTER)
                .name("gateway")
                .secret_text(SECRET)
                .listen("127.0.0.1:0")
                .peers(addresses)
                .call_deadline(Duration::from_secs(30))
                .client_of::<Tally>();
            let gateway = gateway.start().await.unwrap();
            gateway.ready().await.unwrap();
            gateway
        });
        until("three nodes to call", || (gateway.view().active_hosts("Tally").count() == 3).then_some(()));
        Self { runtime, gateway, nodes }
    }

    /// Calls a method of a shard, after a while.
    fn call(&self, id: u64, after: u64, pinned_to: Option<&str>, millis: u64) -> JoinHandle<Told> {
        let tallies = self.gateway.module::<Tally>();
        let shard = match pinned_to {
            None => tallies.keyed_shard(id).unwrap(),
            Some(name) => {
                let mut shards = (0..10_000_u64).map(|key| tallies.create_shard(key).unwrap());
                shards.find(|shard| shard.node().is_some_and(|node| node == name)).unwrap()
            }
        };
        self.runtime.spawn(async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            let outcome = if shard.boot().is_some() {
                shard.play(id, millis).await
            } else {
                shard.add(&State::new(), id).await.map(|_| id)
            };
            (id, outcome, Instant::now())
        })
    }

    fn told(&self, calls: Vec<JoinHandle<Told>>) -> Vec<Told> {
        self.runtime.block_on(async {
            let mut told = Vec::new();
            for call in calls {
                told.push(call.await.unwrap());
            }
            told
        })
    }

    /// Asks a node to end; what comes back is when that was, and what had run there.
    fn terminate(&mut self, name: &'static str) -> (Instant, Vec<u64>) {
        let mut node = self.nodes.remove(name).unwrap();
        let asked = Instant::now();
        node.terminate();
        assert!(node.wait().success());
        let ran = node.line("ran").text;
        (asked, ran.split(' ').skip(1).map(|id| id.parse().unwrap()).collect())
    }

    /// How often each call has run, on these nodes and on those that were asked to end before.
    fn count(mut self, mut ran: Vec<u64>) -> BTreeMap<u64, usize> {
        for name in ["a", "b", "c"] {
            if self.nodes.contains_key(name) {
                ran.extend(self.terminate(name).1);
            }
        }
        let mut times = BTreeMap::new();
        for id in ran {
            *times.entry(id).or_default() += 1;
        }
        times
    }
}

#[test]
fn sigterm_under_load_loses_no_call() {
    let mut bed = Bed::start(None);
    // Keyed calls, and calls that are pinned to the node that leaves; some begin before it is told, some after.
    let keyed = (0..1_500_u64).map(|id| bed.call(id, id * 2, None, 0));
    let pinned = (1_500..1_600_u64).map(|id| bed.call(id, (id - 1_500) * 25, Some("c"), id * 977 % 3_001));
    let calls = keyed.chain(pinned).collect();
    std::thread::sleep(Duration::from_secs(1));
    let (asked, ran) = bed.terminate("c");
    let took = asked.elapsed();
    println!("it took {took:?} to end, and {} calls had run there", ran.len());
    // The last of its calls begins after 2.5 s, 1.5 s after it was asked; and nobody has to wait for the deadline.
    assert!((1_500..=8_000).contains(&took.as_millis()), "{took:?}");
    let told = bed.told(calls);
    let times = bed.count(ran);
    for (id, outcome, _) in told {
        assert_eq!(outcome, Ok(id), "call {id}");
        assert_eq!(times.get(&id), Some(&1), "call {id}");
    }
}

#[test]
fn sigterm_ends_a_node_on_time_also_if_it_is_called_all_the_time() {
    let mut bed = Bed::start(Some("2s"));
    let calls = (0..500_u64).map(|id| bed.call(id, id * 10, Some("c"), id * 977 % 1_501)).collect();
    std::thread::sleep(Duration::from_millis(500));
    let (asked, ran) = bed.terminate("c");
    let (took, deadline) = (asked.elapsed(), asked + Duration::from_secs(2));
    println!("it took {took:?} to end, and {} calls had run there", ran.len());
    assert!((2_000..=7_000).contains(&took.as_millis()), "{took:?}");
    let told = bed.told(calls);
    let times = bed.count(ran);
    let mut ends = [0; 3];
    for (id, outcome, at) in told {
        assert!(outcome.is_ok() || at >= deadline, "call {id} failed before the deadline: {outcome:?}");
        let count = times.get(&id).copied().unwrap_or(0);
        match outcome {
            Ok(_) => {
                assert_eq!(count, 1, "call {id} succeeded");
                ends[0] += 1;
            }
            Err(error) if error.is_not_started() => {
                assert_eq!(count, 0, "call {id}: {error}");
                ends[1] += 1;
            }
            Err(error) => {
                assert_eq!(count, 1, "call {id}: {error}");
                ends[2] += 1;
            }
        }
    }
    assert!(ends.iter().all(|count| *count > 20), "{ends:?}");
}
