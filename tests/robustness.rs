//! What users do to nodes that nobody planned for, seen from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, MemberState, Node, NodeBuilder, NotStarted, State, Unknown, sharded_module};
use tokio::time::{Instant, sleep, timeout};

#[derive(Default)]
struct Lab {
    runs: AtomicUsize,
    stops: AtomicUsize,
    bad_stop: AtomicBool,
}

/// A value whose first drop panics.
#[derive(Debug, Serialize, Deserialize)]
struct Mine {
    #[serde(skip)]
    armed: bool,
}

impl Drop for Mine {
    fn drop(&mut self) {
        assert!(!self.armed, "stepped on it");
    }
}

#[sharded_module]
impl Lab {
    #[blocking]
    fn lay_mine(&self) -> Mine {
        self.runs.fetch_add(1, Ordering::SeqCst);
        Mine { armed: true }
    }

    async fn wait(&self, millis: u64) -> u64 {
        self.runs.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(millis)).await;
        millis
    }

    async fn stop_me(&self, state: &State) {
        state.node().unwrap().shutdown().await;
    }

    fn size(&self, bytes: &[u8]) -> usize {
        self.runs.fetch_add(1, Ordering::SeqCst);
        bytes.len()
    }

    fn bytes(&self, size: usize) -> String {
        self.runs.fetch_add(1, Ordering::SeqCst);
        "x".repeat(size)
    }

    fn on_stop(&self, _node: &Node) {
        self.stops.fetch_add(1, Ordering::SeqCst);
        assert!(!self.bad_stop.load(Ordering::SeqCst), "on_stop");
    }
}

async fn pair(setup: fn(NodeBuilder) -> NodeBuilder) -> (Cluster, [Arc<Lab>; 2]) {
    let labs = [Arc::new(Lab::default()), Arc::new(Lab::default())];
    let cluster = labs
        .iter()
        .cloned()
        .fold(Cluster::builder(), |cluster, lab| cluster.node(move |node| setup(node.shared_module(lab))));
    (cluster.start().await.unwrap(), labs)
}

fn shard(cluster: &Cluster, from: usize, to: usize) -> LabShard {
    let there = cluster.node(to).module::<Lab>().local_shard().unwrap();
    cluster.node(from).module::<Lab>().get_shard(&there).unwrap()
}

#[tokio::test]
async fn a_blocking_method_that_ran_is_never_said_not_to_have() {
    let (cluster, labs) = pair(|node| node).await;
    for from in [0, 1] {
        let error = shard(&cluster, from, 1).lay_mine().await.unwrap_err();
        assert_eq!(labs[1].runs.swap(0, Ordering::SeqCst), 1);
        assert!(!error.is_not_started(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_was_given_up_goes_on_and_can_be_waited_for_again() {
    let (cluster, _labs) = pair(|node| node).await;
    let slow = shard(&cluster, 0, 1);
    let slow = tokio::spawn(async move { slow.wait(300).await });
    sleep(Duration::from_millis(20)).await;
    let node = cluster.node(1).clone();
    timeout(Duration::from_millis(50), node.shutdown()).await.unwrap_err();
    timeout(Duration::from_secs(20), node.shutdown()).await.expect("the second one ends");
    assert_eq!(slow.await.unwrap().unwrap(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_ask_its_node_to_shut_down() {
    let (cluster, labs) = pair(|node| node).await;
    let outcome = shard(&cluster, 0, 1).stop_me(&State::new()).await;
    assert!(outcome.is_err_and(|error| !error.is_not_started()));
    timeout(Duration::from_secs(20), cluster.node(1).shutdown()).await.expect("it has shut down");
    assert_eq!(labs[1].stops.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_does_not_keep_the_node_up() {
    let (cluster, labs) = pair(|node| node).await;
    labs[1].bad_stop.store(true, Ordering::SeqCst);
    let node = cluster.node(1).clone();
    tokio::spawn(async move { node.shutdown().await }).await.expect("the panic stays inside");
    timeout(Duration::from_secs(2), async {
        while cluster.node(0).members().len() != 1 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the node has left");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_leaving_node_has_made_still_ends_well() {
    let (cluster, _labs) = pair(|node| node).await;
    let slow = shard(&cluster, 0, 1);
    let slow = tokio::spawn(async move { slow.wait(300).await });
    sleep(Duration::from_millis(20)).await;
    cluster.node(0).shutdown().await;
    assert_eq!(slow.await.unwrap().unwrap(), 300);
}

#[tokio::test(start_paused = true)]
async fn whoever_meets_a_node_that_drains_knows_it() {
    let labs = [0, 1, 2].map(|_| Arc::new(Lab::default()));
    let mut cluster = labs
        .iter()
        .cloned()
        .fold(Cluster::builder(), |cluster, lab| cluster.node(move |node| node.shared_module(lab)));
    let mut cluster = std::mem::replace(&mut cluster, Cluster::builder()).start().await.unwrap();
    cluster.kill(2);
    cluster.settled().await;
    let slow = shard(&cluster, 0, 1);
    let slow = tokio::spawn(async move { slow.wait(3_000).await });
    sleep(Duration::from_millis(20)).await;
    let node = cluster.node(1).clone();
    tokio::spawn(async move { node.shutdown().await });
    sleep(Duration::from_millis(20)).await;
    cluster.restart(2, |node| node.module(Lab::default())).await.unwrap();
    let new = cluster.node(2);
    new.ready().await.unwrap();
    sleep(Duration::from_millis(500)).await;
    let state = new.view().get("node-1").map(|member| member.state);
    assert_eq!(state, Some(MemberState::Draining));
    slow.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn nodes_with_different_message_limits_refuse_a_call_and_keep_their_link() {
    let cluster = Cluster::builder()
        .node(|node| node.module(Lab::default()).message_limit(4 << 20))
        .node(|node| node.module(Lab::default()).message_limit(64 << 10))
        .start()
        .await
        .unwrap();
    let shard = shard(&cluster, 0, 1);
    let slow = {
        let shard = shard.clone();
        tokio::spawn(async move { shard.wait(300).await })
    };
    sleep(Duration::from_millis(20)).await;
    let error = shard.size(&vec![0; 1 << 20]).await.unwrap_err();
    assert!(error.is_not_started(), "{error}");
    assert_eq!(slow.await.unwrap().unwrap(), 300, "another call on the link");
    let back = self::shard(&cluster, 1, 0);
    let error = back.bytes(1 << 20).await.unwrap_err();
    assert!(!error.is_not_started() && error.to_string().contains("the limit is"), "{error}");
    assert_eq!(shard.size(&[1]).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_large_message_may_take_longer_than_a_blocked_write() {
    let (cluster, _labs) =
        pair(|node| node.message_limit(16 << 20).call_deadline(Duration::from_secs(60))).await;
    // The network carries about a mebibyte in each second.
    cluster.delay(0, 1, Duration::from_secs(1));
    let start = Instant::now();
    let size = shard(&cluster, 0, 1).size(&vec![0; 12 << 20]).await;
    assert_eq!(size.unwrap(), 12 << 20, "after {:?}", start.elapsed());
    assert_eq!(cluster.node(0).members().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_drain_is_the_same_here_and_there() {
    let (cluster, labs) = pair(|node| node.drain_deadline(Duration::from_millis(100))).await;
    let shards = [shard(&cluster, 1, 1), shard(&cluster, 0, 1)];
    let slow = shards.clone().map(|shard| tokio::spawn(async move { shard.wait(1_000).await }));
    sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    cluster.node(1).drain().await;
    assert_eq!(start.elapsed().as_millis(), 100);
    for slow in slow {
        let error = slow.await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Stopped, .. }), "{error:?}");
    }
    for shard in shards {
        let error = shard.size(&[1]).await.unwrap_err();
        assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Draining, .. }), "{error:?}");
    }
    assert_eq!(labs[1].runs.load(Ordering::SeqCst), 2);
}

/// A module that says what becomes of it.
struct Starter {
    log: Arc<std::sync::Mutex<Vec<&'static str>>>,
}

#[sharded_module]
impl Starter {
    fn on_start(&self, _node: &Node) {
        self.log.lock().unwrap().push("start");
    }

    fn on_stop(&self, _node: &Node) {
        self.log.lock().unwrap().push("stop");
    }
}

/// One that does not start.
mod second {
    use super::Node;
    use shard_runtime::sharded_module;

    pub(super) struct Starter {
        pub(super) lacks: &'static str,
    }

    #[sharded_module(name = "Second")]
    impl Starter {
        fn on_start(&self, _node: &Node) -> Result<(), String> {
            Err(format!("no {}", self.lacks))
        }
    }
}

#[tokio::test]
async fn modules_that_have_started_are_stopped_when_a_later_one_does_not_start() {
    let log = Arc::default();
    let error = Cluster::of(1, |node| {
        node.module(Starter { log: Arc::clone(&log) }).module(second::Starter { lacks: "ground to stand on" })
    });
    let error = error.await.err().expect("it does not start");
    assert_eq!(error.to_string(), "`on_start` of module `Second` failed");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no ground to stand on");
    assert_eq!(*log.lock().unwrap(), ["start", "stop"]);
}

#[tokio::test]
async fn a_process_that_stood_still_for_a_while_keeps_its_links_and_its_boot() {
    let (cluster, labs) = pair(|node| node).await;
    let boots = || [0, 1].map(|node| cluster.node(node).boot());
    let dials = || [0, 1].map(|node| cluster.network().dials(&Cluster::address(node)));
    let (before, dials_before) = (boots(), dials());
    for _ in 0..2 {
        // Not long enough for a ping, and with what follows longer than a link may be silent.
        sleep(Duration::from_millis(900)).await;
        // One thread runs both nodes: nobody reads, and no timer fires, but for less than makes another boot.
        std::thread::sleep(Duration::from_millis(2_200));
        sleep(Duration::from_millis(500)).await;
        assert_eq!(dials(), dials_before, "no link was dialled again");
        assert_eq!(boots(), before);
        assert_eq!(shard(&cluster, 0, 1).wait(10).await.unwrap(), 10);
    }
    assert_eq!(labs[1].runs.load(Ordering::SeqCst), 2);
}
