//! What grows with the nodes, links, calls and shards of a process: `cargo bench --package shard-runtime --bench scale`.
//!
//! Memory is what the process holds of the machine's (resident), and differences of it: what the allocator keeps for later
//! is in there, so that single figures scatter by a few percent. Nodes run in this process and link over the loopback,
//! so that both ends of a link are counted, here as one peer each.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]
#![expect(clippy::cast_precision_loss, reason = "figures of a few digits are shown")]

use std::time::{Duration, Instant};

use shard_runtime::{Node, Secret, Shard as _, State, sharded_module};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Nodes that are all connected.
const NODES: [usize; 3] = [4, 16, 64];
/// Those whose memory alone is told apart from that of their links.
const ALONE: usize = 16;
const CALLERS: usize = 64;
const CALLING: Duration = Duration::from_secs(3);
const CALLS: usize = 1_000;
const SHARDS: usize = 100_000;

struct Arena;

#[sharded_module]
impl Arena {
    pub(crate) fn score(&self, state: &State, points: u32) -> u32 {
        points + u32::from(state.actor().is_some())
    }

    /// Never ends by itself.
    pub(crate) async fn wait(&self) {
        std::future::pending::<()>().await;
    }
}

fn main() {
    // cargo nextest asks each target for its tests, and here there are none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    workers.expect("there are threads").block_on(async {
        let alone = nodes_alone().await;
        println!("a node by itself: {:.0} KiB", alone / 1024.0);
        // First what needs least: memory that was given back would be taken again without being seen.
        in_flight().await;
        held().await;
        for count in NODES {
            connected(count, alone).await;
        }
    });
}

/// Bytes of memory that the process has.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
    kib * 1024.0
}

async fn node(cluster: &str, number: usize, peers: Vec<String>) -> Node {
    let node = Node::builder(cluster).name(format!("node-{number}")).listen("127.0.0.1:0").module(Arena);
    let node = node.secret(Secret::new([7; 32]).expect("it is long enough")).peers(peers);
    node.start().await.expect("it starts")
}

/// Memory of a node that knows nobody.
async fn nodes_alone() -> f64 {
    // The first pays for what the process has once.
    let _first = node("first", 0, vec![]).await;
    sleep(Duration::from_secs(1)).await;
    let before = resident();
    let mut nodes = Vec::new();
    for number in 0..ALONE {
        nodes.push(node(&format!("alone-{number}"), number, vec![]).await);
    }
    sleep(Duration::from_secs(2)).await;
    let each = (resident() - before) / ALONE as f64;
    stop(nodes).await;
    each
}

async fn stop(nodes: Vec<Node>) {
    let mut stopping = JoinSet::new();
    for node in nodes {
        stopping.spawn(async move { node.shutdown().await });
    }
    stopping.join_all().await;
}

/// Nodes that know each other, first quiet and then calling at random.
async fn connected(count: usize, alone: f64) {
    let before = resident();
    let begin = Instant::now();
    let first = node("connected", 0, vec![]).await;
    let address = first.address().to_string();
    let mut nodes = vec![first];
    for number in 1..count {
        nodes.push(node("connected", number, vec![address.clone()]).await);
    }
    let all_known = || nodes.iter().all(|node| node.members().len() == count);
    while !all_known() {
        sleep(Duration::from_millis(20)).await;
    }
    let known = begin.elapsed();
    // Every node calls every other one, so that all links are there.
    let mut calls = JoinSet::new();
    for node in &nodes {
        let everybody = node.module::<Arena>().create_broadcast();
        calls.spawn(async move {
            while everybody.score(&State::new(), 1).all().await.is_err() {
                sleep(Duration::from_millis(100)).await;
            }
        });
    }
    calls.join_all().await;
    let linked = begin.elapsed();
    sleep(Duration::from_secs(5)).await;
    let idle = (resident() - before - alone * count as f64) / (count * (count - 1)) as f64;
    let (made, failed) = random_calls(&nodes).await;
    println!(
        "{count} nodes, all connected: known to all after {known:.1?}, linked after {linked:.1?}; an idle peer {:.1} KiB; {CALLERS} callers at random: \
         {:.0} calls / s, {failed} failed",
        idle / 1024.0,
        made as f64 / CALLING.as_secs_f64(),
    );
    stop(nodes).await;
}

/// Keyed calls from anywhere to anywhere: how many there were, and how many failed.
async fn random_calls(nodes: &[Node]) -> (u64, u64) {
    let end = Instant::now() + CALLING;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let arenas = nodes[caller % nodes.len()].module::<Arena>();
        callers.spawn(async move {
            let (mut made, mut failed) = (0, 0);
            let state = State::new();
            while Instant::now() < end {
                // Shards are made as they are needed, as a gateway does.
                let key = (made * 7_919 + caller as u64) % 100_003;
                let shard = arenas.keyed_shard(key).expect("a number is a key");
                match shard.score(&state, 1).await {
                    Ok(_) => made += 1,
                    Err(_) => failed += 1,
                }
            }
            (made, failed)
        });
    }
    callers
        .join_all()
        .await
        .into_iter()
        .fold((0, 0), |(made, failed), (more, worse)| (made + more, failed + worse))
}

/// Calls that wait, and what each takes on both ends beside the task that has made it.
async fn in_flight() {
    let far = node("waiting", 0, vec![]).await;
    let near = node("waiting", 1, vec![far.address().to_string()]).await;
    near.ready().await.expect("the other one is there");
    let token = far.module::<Arena>().local_shard().expect("it hosts the module").token().mint();
    let shard = near.module::<Arena>().get_shard(&token).expect("they have one secret");
    let shard = shard.timeout(Duration::from_secs(50));
    // Once before, so that tables have grown.
    for round in ["at first", "again"] {
        let before = resident();
        let mut calls = JoinSet::new();
        for _ in 0..CALLS {
            let shard = shard.clone();
            calls.spawn(async move { shard.wait().await });
        }
        while far.calls().running < CALLS {
            sleep(Duration::from_millis(10)).await;
        }
        let each = (resident() - before) / CALLS as f64;
        println!("a call that waits, both ends and the tasks of caller and method, {round}: {each:.0} bytes");
        calls.shutdown().await;
        while far.calls().running > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    }
    stop(vec![near, far]).await;
}

async fn held() {
    let node = node("held", 0, vec![]).await;
    node.ready().await.expect("it is alone");
    let arenas = node.module::<Arena>();
    let (before, begin) = (resident(), Instant::now());
    let shards: Vec<_> =
        (0..SHARDS).map(|key| arenas.create_shard(format!("arena-{key}")).expect("it is hosted")).collect();
    let took = begin.elapsed() / u32::try_from(SHARDS).expect("there are few");
    println!(
        "{} shards held: {:.0} bytes each, made in {took:.0?}",
        shards.len(),
        (resident() - before) / SHARDS as f64
    );
    stop(vec![node]).await;
}
