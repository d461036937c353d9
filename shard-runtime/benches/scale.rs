//! What grows with the nodes, links, calls and shards of a process: `cargo bench --package shard-runtime --bench scale`.
//!
//! Memory of nodes, peers and shards is what the process holds of the machine's (resident), and differences of it: what
//! the allocator keeps for later is in there, so that single figures scatter by a few percent. Nodes run in this process
//! and link over the loopback. A *peer* is what one node has of one other: its record, this node's end of the link for
//! calls, and its ends of the links for liveness, of which there are one or two. So N nodes have N · (N - 1) peers,
//! and each link is counted twice, once at each end.
//!
//! Of calls, modules and tables the bytes are counted that were allocated and not given back, by the thread that does
//! everything for them. The user's own part of a call is named beside the runtime's.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]
#![expect(clippy::cast_precision_loss, reason = "figures of a few digits are shown")]

use core::future::poll_fn;
use core::pin::Pin;
use core::task::Poll;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shard_runtime::{Node, NodeBuilder, Plan, Secret, Shard as _, ShardToken, State, sharded_module};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Nodes that are all connected.
const NODES: [usize; 3] = [4, 16, 64];
/// With fewer of them the memory of their few peers is below what the allocator takes and gives by itself.
const TELLING: usize = 16;
/// How long they are quiet while their processor time is taken.
const QUIET: Duration = Duration::from_secs(5);
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
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    in_flight();
    modules();
    table();
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    workers.expect("there are threads").block_on(async {
        let alone = nodes_alone().await;
        println!("a node by itself: {:.0} KiB", alone / 1024.0);
        // What needs least goes first: memory that was given back would be taken again without being seen.
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

/// Time that this process has had on processors.
fn processor_time() -> Duration {
    /// Linux tells it in hundredths of a second.
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this is Linux");
    // The program's name comes second, in parentheses, and may have spaces.
    let (_, numbers) = stat.rsplit_once(')').expect("it has a name");
    let ticks = numbers
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u32>().expect("it is a number"));
    TICK * ticks.sum()
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
    sleep(Duration::from_secs(2)).await;
    let worked = processor_time();
    sleep(QUIET).await;
    let (worked, peers) = (processor_time().saturating_sub(worked), (count * (count - 1)) as f64);
    let idle = (resident() - before - alone * count as f64) / peers;
    let (made, failed) = random_calls(&nodes).await;
    println!(
        "{count} nodes, all connected: known to all after {known:.1?}, linked after {linked:.1?}; {CALLERS} callers at random: \
         {:.0} calls / s, {failed} failed",
        made as f64 / CALLING.as_secs_f64(),
    );
    if count >= TELLING {
        println!(
            "a peer of {count} nodes that is idle: {:.1} KiB, {:.0} µs of a processor in a second",
            idle / 1024.0,
            worked.as_secs_f64() * 1e6 / QUIET.as_secs_f64() / peers
        );
    }
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

/// Calls that wait, and what each takes on both ends. That of the callee is told by another process; here everything of
/// the calls is done by one thread, whose allocations are counted.
fn in_flight() {
    let process = Command::new(std::env::current_exe().expect("it has a path"))
        .arg("--serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut process = process.expect("it can be run again");
    let mut says = BufReader::new(process.stdout.take().expect("it is piped")).lines();
    let mut says = || says.next().expect("it goes on").expect("it is text");
    let (address, token) = (says(), says());
    let runtime = one_thread();
    let (near, shard) = runtime.block_on(async {
        let near = node("waiting", 1, vec![address]).await;
        near.ready().await.expect("the other one is there");
        let token = token.parse::<ShardToken>().expect("it is a token");
        let shard = near.module::<Arena>().get_shard(&token).expect("they have one secret");
        // Once before: the buffers of the link are there.
        shard.score(&State::new(), 1).await.expect("it answers");
        (near, shard.timeout(Duration::from_secs(50)))
    });
    writeln!(process.stdin.as_mut().expect("it is piped")).expect("it reads");
    assert_eq!(says(), "counting");
    let proxy = size_of_val(&shard.wait());
    let mut calls = Vec::with_capacity(CALLS);
    let bytes = bytes_of_each(|| {
        runtime.block_on(async {
            for _ in 0..CALLS {
                let mut call = Box::pin(shard.wait());
                assert!(poll_once(&mut call).await, "it waits");
                calls.push(call);
            }
            // Until what has been written is no longer here.
            sleep(Duration::from_millis(500)).await;
        });
    });
    let (method, theirs): (usize, f64) =
        (says().parse().expect("it is a number"), says().parse().expect("it is a number"));
    println!(
        "a call that waits, on the caller's side: {proxy} bytes in the proxy's future, which is a part of whoever awaits it, and \
         {:.0} elsewhere",
        bytes - proxy as f64
    );
    println!(
        "a call that waits, on the callee's side: {theirs:.0} bytes, with the {method} of the method's own future"
    );
    drop(calls);
    drop((shard, near, runtime));
    drop(process.stdin.take());
    let _ = process.wait();
}

/// The callee of the calls that wait, in a process of its own.
fn serve() {
    let runtime = one_thread();
    let far = runtime.block_on(node("waiting", 0, vec![]));
    let token = far.module::<Arena>().local_shard().expect("it hosts the module").token().mint();
    println!("{}\n{token}", far.address());
    runtime.block_on(async {
        let told = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
        let _ = told.await;
    });
    println!("counting");
    let each = bytes_of_each(|| {
        runtime.block_on(async {
            while far.calls().running < CALLS {
                sleep(Duration::from_millis(10)).await;
            }
        });
    });
    println!("{}\n{each}", size_of_val(&Arena.wait()));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

macro_rules! sixteen {
    ($($name:ident)*) => {
        $(
            struct $name;

            #[sharded_module]
            impl $name {
                pub(crate) fn score(&self, points: u32) -> u32 {
                    points
                }
            }
        )*

        fn with_sixteen(builder: NodeBuilder) -> NodeBuilder {
            builder$(.module($name))*
        }
    };
}

sixteen! { M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15 }

/// What a module takes on its node, and on each link.
fn modules() {
    let start = |cluster: &str, number: usize, peers: &Node, more: bool| {
        let builder =
            Node::builder(cluster).name(format!("node-{number}")).listen("127.0.0.1:0").module(Arena);
        let builder = builder.secret(Secret::new([7; 32]).expect("it is long enough"));
        let builder = builder.peers(vec![peers.address().to_owned()]);
        if more { with_sixteen(builder) } else { builder }
    };
    // Two nodes: they have one link, and so the difference is that of a module on a node and on an end of a link.
    let [few, many] = [false, true].map(|more| {
        let runtime = one_thread();
        let hub = runtime.block_on(node("modules", 0, vec![]));
        let mut nodes = Vec::new();
        let bytes = bytes_of(|| {
            runtime.block_on(async {
                nodes.push(start("modules", 1, &hub, more).start().await.expect("it starts"));
                nodes[0].ready().await.expect("the other one is there");
                sleep(Duration::from_millis(500)).await;
            });
        });
        drop((nodes, hub, runtime));
        bytes
    });
    println!("a module of one method, on its node and its one link: {:.0} bytes", (many - few) / 16.0);
}

/// What a table of a thousand nodes takes. A node has one for each module that is hosted by other nodes than the others.
fn table() {
    let names: Vec<_> = (0..1_000).map(|n| format!("arena-host-{n}.example:4000")).collect();
    let mut plan = None;
    let begin = Instant::now();
    let bytes = bytes_of(|| plan = Some(Plan::new(names)));
    println!(
        "a table of the slots of 1,000 nodes, with their names: {bytes:.0} bytes, made in {:.1?}",
        begin.elapsed()
    );
}

fn one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there are threads")
}

/// Bytes that this thread has allocated in `work` and not given back.
fn bytes_of(work: impl FnOnce()) -> f64 {
    allocation_counter::measure(work).bytes_current as f64
}

/// The same for each of the calls.
fn bytes_of_each(work: impl FnOnce()) -> f64 {
    bytes_of(work) / CALLS as f64
}

/// Whether a future has to wait.
async fn poll_once(future: &mut (impl Future + Unpin)) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
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
