//! Keyed shards: each call goes to the node that owns the key now, whoever makes it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{
    CallError, Error, Node, NotStarted, Plan, Shard as _, ShardToken, State, sharded_module,
};
use tokio::time::{Instant, sleep};

/// Counts what runs, by the id that its caller gave it.
#[derive(Default)]
struct Ledger {
    runs: Mutex<BTreeMap<u64, Vec<String>>>,
}

#[sharded_module]
impl Ledger {
    /// Runs once, and says where.
    async fn book(&self, state: &State, id: u64, millis: u64) -> String {
        let here = state.node().map_or_else(String::new, |node| node.name().to_owned());
        self.runs.lock().unwrap().entry(id).or_default().push(here.clone());
        sleep(Duration::from_millis(millis)).await;
        here
    }

    /// The same on a thread of its own.
    #[blocking]
    fn weigh(&self, state: &State, id: u64) -> String {
        let here = state.node().map_or_else(String::new, |node| node.name().to_owned());
        self.runs.lock().unwrap().entry(id).or_default().push(here.clone());
        here
    }
}

impl Ledger {
    fn count(&self, id: u64) -> usize {
        self.runs.lock().unwrap().get(&id).map_or(0, Vec::len)
    }
}

/// So many nodes that all keep one book, so that a test sees every run.
async fn nodes(count: usize) -> (Cluster, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    let shared = Arc::clone(&ledger);
    let cluster = Cluster::of(count, |node| node.shared_module(Arc::clone(&shared))).await.unwrap();
    (cluster, ledger)
}

fn keyed(node: &Node, key: u64) -> LedgerShard {
    node.module::<Ledger>().keyed_shard(key).unwrap()
}

/// A key that a node owns, in its own view.
fn key_of(node: &Node) -> u64 {
    (0..10_000).find(|key| keyed(node, *key).node().is_some_and(|owner| owner == node.name())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn everybody_meets_at_the_owner() {
    let (cluster, ledger) = nodes(4).await;
    let state = State::new();
    for key in 0..40 {
        let mut owners = Vec::new();
        for node in cluster.nodes() {
            let shard = keyed(node, key);
            assert_eq!(shard.boot(), None, "it is pinned to nobody");
            owners.push(shard.book(&state, key, 0).await.unwrap());
            owners.push(shard.weigh(&state, 1_000 + key).await.unwrap());
            assert_eq!(shard.node().unwrap(), owners[0].as_str());
        }
        assert!(owners.iter().all(|owner| *owner == owners[0]), "{owners:?}");
        assert_eq!((ledger.count(key), ledger.count(1_000 + key)), (4, 4));
    }
    let digests: Vec<_> = cluster.nodes().map(|node| node.view().digest()).collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "one view, hence one table");
}

#[tokio::test(start_paused = true)]
async fn i6_a_nodes_death_moves_its_keys_and_next_to_no_other() {
    let (mut cluster, _) = nodes(5).await;
    let owners = |node: &Node| (0..500).map(|key| keyed(node, key).node().unwrap()).collect::<Vec<_>>();
    let before = owners(cluster.node(0));
    cluster.kill(4);
    cluster.settled().await;
    let after = owners(cluster.node(0));
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(after.iter().all(|owner| *owner != "node-4"));
    // A fifth were its own; two per cent more may move to keep the balance.
    assert!(moved <= 500 / 5 + 500 / 50 + 10, "{moved} of 500 keys have moved");
}

#[tokio::test(start_paused = true)]
async fn calls_follow_a_key_whose_owner_dies() {
    let (mut cluster, ledger) = nodes(3).await;
    let key = key_of(cluster.node(2));
    let shard = keyed(cluster.node(0), key);
    assert_eq!(shard.book(&State::new(), 1, 0).await.unwrap(), "node-2");
    cluster.kill(2);
    // At once, before anybody has noticed: what cannot have started is tried again until it can.
    let begun = Instant::now();
    let there = shard.book(&State::new(), 2, 0).await;
    assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
    match there {
        Ok(there) => assert_ne!(there, "node-2"),
        Err(error) => assert!(!error.is_not_started(), "{error}"),
    }
    cluster.settled().await;
    assert_ne!(shard.book(&State::new(), 3, 0).await.unwrap(), "node-2");
    assert!((1..=3).all(|id| ledger.count(id) <= 1));
    assert_eq!(ledger.count(3), 1);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_in_order_loses_no_keyed_call() {
    let (cluster, ledger) = nodes(3).await;
    // News of the leave takes its time, so that calls still come to a node that takes no more.
    cluster.delay(0, 2, Duration::from_millis(20));
    cluster.delay(1, 2, Duration::from_millis(20));
    let done = AtomicU64::new(0);
    let load = async {
        // Every key, from every node that stays, all the time, and each call accounted for by its id.
        let worker = |worker: u64| {
            let (cluster, done) = (&cluster, &done);
            async move {
                for round in 0..40 {
                    let id = worker * 1_000 + round;
                    let shard = keyed(cluster.node((worker % 2) as usize), id);
                    shard
                        .book(&State::new(), id, id % 30)
                        .await
                        .unwrap_or_else(|error| panic!("{id}: {error}"));
                    done.fetch_add(1, Ordering::SeqCst);
                }
            }
        };
        futures::future::join_all((0..16).map(worker)).await
    };
    let leave = async {
        sleep(Duration::from_millis(100)).await;
        cluster.node(2).shutdown().await;
    };
    tokio::join!(load, leave);
    assert_eq!(done.load(Ordering::SeqCst), 16 * 40);
    for worker in 0..16 {
        for round in 0..40 {
            assert_eq!(ledger.count(worker * 1_000 + round), 1);
        }
    }
    assert_eq!(cluster.node(0).members().len(), 2);
}

/// A cluster of four whose last node has come without one of the others having heard of it.
async fn four_of_which_one_is_behind(behind: usize) -> (Cluster, Arc<Ledger>) {
    let (mut cluster, ledger) = nodes(4).await;
    cluster.kill(3);
    cluster.settled().await;
    cluster.hold_news(behind);
    let shared = Arc::clone(&ledger);
    cluster.restart(3, |node| node.shared_module(shared)).await.unwrap();
    let knows = |index: usize| cluster.node(index).view().active_hosts("Ledger").count() == 4;
    while !(0..4).all(|index| index == behind || knows(index)) {
        sleep(Duration::from_millis(5)).await;
    }
    assert!(!knows(behind), "the views differ");
    (cluster, ledger)
}

/// A key whose owner is one node in a cluster of three and another one in a cluster of four.
fn moving(three: &str, four: &str) -> u64 {
    let names = ["node-0", "node-1", "node-2", "node-3"];
    let [small, large] = [Plan::new(names[..3].iter().copied()), Plan::new(names)];
    let moves = |key: &u64| small.owner(*key) == Some(three) && large.owner(*key) == Some(four);
    (0..1_000_000).find(moves).unwrap()
}

fn syncs(cluster: &Cluster) -> u64 {
    cluster.nodes().map(Node::view_syncs).sum()
}

#[tokio::test(start_paused = true)]
async fn s3_a_caller_that_is_behind_is_refused_and_told_and_finds_the_owner() {
    let (cluster, ledger) = four_of_which_one_is_behind(0).await;
    let shard = keyed(cluster.node(0), moving("node-1", "node-3"));
    assert_eq!(shard.node().unwrap(), "node-1", "as the caller sees it");
    assert_eq!(syncs(&cluster), 0);
    let begun = Instant::now();
    assert_eq!(shard.book(&State::new(), 1, 0).await.unwrap(), "node-3");
    // It has to dial the node of which it has just heard.
    assert!(begun.elapsed() < Duration::from_millis(310), "{:?}", begun.elapsed());
    assert_eq!(ledger.count(1), 1, "refused before anything started, and run once");
    let digests = [0, 1].map(|index| cluster.node(index).view().digest());
    assert_eq!(digests[0], digests[1], "both views have become one");
    assert!((1..=4).contains(&syncs(&cluster)), "{}", syncs(&cluster));
}

#[tokio::test(start_paused = true)]
async fn s3_a_callee_that_is_behind_is_told_and_then_runs_the_call() {
    let (cluster, ledger) = four_of_which_one_is_behind(2).await;
    // Keeping the balance moves a few keys between nodes that both stay.
    let shard = keyed(cluster.node(0), moving("node-1", "node-2"));
    assert_eq!(shard.node().unwrap(), "node-2");
    let begun = Instant::now();
    assert_eq!(shard.book(&State::new(), 1, 0).await.unwrap(), "node-2");
    assert!(begun.elapsed() < Duration::from_millis(310), "{:?}", begun.elapsed());
    assert_eq!(ledger.count(1), 1);
    let digests = [0, 2].map(|index| cluster.node(index).view().digest());
    assert_eq!(digests[0], digests[1], "both views have become one");
}

#[tokio::test(start_paused = true)]
async fn s3_a_call_with_less_time_is_refused_before_its_deadline() {
    let (cluster, ledger) = four_of_which_one_is_behind(0).await;
    let shard = keyed(cluster.node(0), moving("node-1", "node-3"));
    for node in 1..4 {
        // The news takes longer than the call has.
        cluster.delay(0, node, Duration::from_millis(10));
    }
    let begun = Instant::now();
    let hasty = State::new().with_deadline(begun + Duration::from_millis(29));
    let error = shard.book(&hasty, 1, 0).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(30), "{:?}", begun.elapsed());
    let CallError::NotStarted { reason: NotStarted::WrongOwner { owner, view }, node } = error else {
        panic!("{error}")
    };
    assert_eq!((owner.as_deref(), node.unwrap().as_str()), (Some("node-3"), "node-1"));
    assert_eq!(view, cluster.node(1).view().digest());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(ledger.count(1), 0, "nothing started, on whichever node");
}

#[tokio::test(start_paused = true)]
async fn s5_a_key_that_has_not_moved_is_neither_refused_nor_delayed_while_views_differ() {
    for behind in [0, 1] {
        let (cluster, ledger) = four_of_which_one_is_behind(behind).await;
        let shard = keyed(cluster.node(0), moving("node-1", "node-1"));
        let begun = Instant::now();
        assert_eq!(shard.book(&State::new(), 1, 0).await.unwrap(), "node-1");
        assert!(begun.elapsed() < Duration::from_millis(2), "{:?}", begun.elapsed());
        assert_eq!(ledger.count(1), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn views_that_differ_cost_one_sync_per_link_and_100_ms_however_many_calls_there_are() {
    let (cluster, _) = four_of_which_one_is_behind(0).await;
    let begun = Instant::now();
    // Two thousand a second, for half a second, over every link of the node that is behind.
    let calls = (0..1_000_u64).map(|id| {
        let node = cluster.node(0);
        async move {
            sleep(Duration::from_micros(id * 500)).await;
            keyed(node, id).book(&State::new(), id, 0).await
        }
    });
    let ends = futures::future::join_all(calls).await;
    let took = begun.elapsed();
    assert!(ends.iter().all(Result::is_ok), "every call ends well");
    let periods = u64::try_from(took.as_millis()).unwrap() / 100 + 1;
    // Six links with two ends each.
    assert!(syncs(&cluster) <= 12 * periods, "{} syncs in {took:?}", syncs(&cluster));
    println!("{} view syncs for 1,000 calls in {took:?}", syncs(&cluster));
    assert!(syncs(&cluster) >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_call_waits_for_news_of_an_owner_that_cannot_be_reached() {
    let (cluster, ledger) = nodes(2).await;
    let shard = keyed(cluster.node(0), key_of(cluster.node(1)));
    cluster.cut(0, 1);
    // The link is found dead after three seconds of silence, and the member is looked for for three more.
    sleep(Duration::from_millis(4_500)).await;
    assert_eq!(cluster.node(0).members().len(), 2);
    let begun = Instant::now();
    let error = shard.book(&State::new(), 1, 0).await.unwrap_err();
    assert!(
        matches!(error, CallError::NotStarted { reason: NotStarted::NotConnected { .. }, .. }),
        "{error}"
    );
    let tried = begun.elapsed();
    assert!((Duration::from_millis(310)..Duration::from_millis(400)).contains(&tried), "{tried:?}");
    while cluster.node(0).members().len() == 2 {
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(shard.book(&State::new(), 2, 0).await.unwrap(), "node-0");
    assert_eq!((ledger.count(1), ledger.count(2)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_keyed_shards_token_makes_a_keyed_shard() {
    let (mut cluster, _) = nodes(3).await;
    let key = key_of(cluster.node(2));
    let json = serde_json::to_string(&keyed(cluster.node(0), key)).unwrap();
    let token: ShardToken = serde_json::from_str(&json).unwrap();
    let again = cluster.node(1).module::<Ledger>().get_shard(&token).unwrap();
    assert_eq!(again.key().as_integer(), Some(i128::from(key)));
    assert_eq!(again.book(&State::new(), 1, 0).await.unwrap(), "node-2");
    assert_eq!(serde_json::to_string(&again).unwrap(), json, "it passes its token on and makes no new one");
    cluster.kill(2);
    cluster.settled().await;
    assert_ne!(again.book(&State::new(), 2, 0).await.unwrap(), "node-2");
    let pinned = cluster.node(0).module::<Ledger>().local_shard().unwrap();
    assert!(pinned.boot().is_some());
    let bound = again.token().for_subject("alice").mint();
    assert!(matches!(cluster.node(0).module::<Ledger>().get_shard(&bound), Err(Error::Token(_))));
    let alice = State::new().with_actor("alice");
    assert!(cluster.node(0).module::<Ledger>().get_shard_for(&alice, &bound).is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_a_host_a_keyed_call_does_not_start() {
    let cluster = Cluster::of(2, shard_runtime::NodeBuilder::client_of::<Ledger>).await.unwrap();
    let error = keyed(cluster.node(0), 1).book(&State::new(), 1, 0).await.unwrap_err();
    let no_host = NotStarted::NoHost { module: "Ledger".to_owned() };
    assert_eq!(error, CallError::NotStarted { reason: no_host, node: None });
    assert_eq!(keyed(cluster.node(0), 1).node(), None);
}
