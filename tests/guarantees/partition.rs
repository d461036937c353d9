//! Sentence 6: while views differ two nodes may own a slot, and when the network heals that ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use shard_runtime::testing::Cluster;
use shard_runtime::{NodeName, Plan, Shard as _, Slots, State, sharded_module};
use tokio::time::{Instant, sleep};

use crate::ledger::{ms, until};

/// Knows by its hooks which slots it has.
#[derive(Default)]
struct Store {
    has: Mutex<BTreeSet<u16>>,
    /// How often each slot has come and has gone.
    moves: Mutex<BTreeMap<u16, (usize, usize)>>,
}

#[sharded_module]
impl Store {
    async fn here(&self, state: &State) -> (String, bool) {
        sleep(ms(1)).await;
        let slot = Plan::new(["any"]).explain(state.key().clone()).slot;
        (state.node().unwrap().name().to_owned(), self.has.lock().unwrap().contains(&slot))
    }

    fn slots_arriving(&self, slots: &Slots, _: Option<&NodeName>) {
        for slot in slots.iter() {
            assert!(self.has.lock().unwrap().insert(slot), "it has {slot} already");
            self.moves.lock().unwrap().entry(slot).or_default().0 += 1;
        }
    }

    fn slots_leaving(&self, slots: &Slots, _: Option<&NodeName>, _: shard_runtime::LeaveCause) {
        for slot in slots.iter() {
            assert!(self.has.lock().unwrap().remove(&slot), "it has no {slot}");
            self.moves.lock().unwrap().entry(slot).or_default().1 += 1;
        }
    }
}

const HALVES: [[usize; 3]; 2] = [[0, 1, 2], [3, 4, 5]];

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    HALVES[0].into_iter().flat_map(|one| HALVES[1].map(|other| (one, other)))
}

async fn halves() -> (Cluster, Vec<Arc<Store>>) {
    let stores: Vec<Arc<Store>> = (0..6).map(|_| Arc::default()).collect();
    let mut builder = Cluster::builder();
    for store in &stores {
        let store = Arc::clone(store);
        builder = builder.node(|node| node.shared_module(store));
    }
    let cluster = builder.start().await.unwrap();
    sleep(ms(100)).await;
    (cluster, stores)
}

/// The nodes that have a slot now, by their hooks.
fn holders(stores: &[Arc<Store>], slot: u16) -> Vec<usize> {
    (0..stores.len()).filter(|index| stores[*index].has.lock().unwrap().contains(&slot)).collect()
}

async fn call(cluster: &Cluster, from: usize, key: u64) -> (String, bool) {
    let shard = cluster.node(from).module::<Store>().keyed_shard(key).unwrap();
    shard.here(&State::new()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn s6_each_half_of_a_cut_cluster_owns_every_slot_and_10_s_after_it_heals_one_node_does() {
    let (cluster, stores) = halves().await;
    for slot in 0..4_096 {
        assert_eq!(holders(&stores, slot).len(), 1, "before it all, slot {slot} has one owner");
    }
    pairs().for_each(|(one, other)| cluster.cut(one, other));
    let apart = || (0..6).all(|index| cluster.node(index).members().len() == 3);
    until(ms(15_000), "the halves have given each other up", apart).await;
    sleep(ms(100)).await;
    for slot in 0..4_096 {
        let holders = holders(&stores, slot);
        assert!(
            matches!(holders[..], [0..=2, 3..=5]),
            "slot {slot}: one owner in each half, not {holders:?}"
        );
    }
    for key in 0..30 {
        let [one, other] = [call(&cluster, 0, key).await, call(&cluster, 4, key).await];
        assert!(one.1 && other.1, "both have been told of the slot");
        assert_ne!(one.0, other.0, "key {key} is served on both sides");
    }

    pairs().for_each(|(one, other)| cluster.heal(one, other));
    let healed = Instant::now();
    let over = || (0..4_096).all(|slot| holders(&stores, slot).len() == 1);
    while !over() || cluster.nodes().any(|node| node.members().len() != 6) {
        assert!(healed.elapsed() < ms(10_000), "two nodes own a slot still");
        sleep(ms(50)).await;
    }
    println!("the overlap ended {:?} after the network healed", healed.elapsed());
    cluster.settled().await;
    assert!(healed.elapsed() < ms(10_000));
    for key in 0..30 {
        let mut met = BTreeSet::new();
        for from in 0..6 {
            let (there, told) = call(&cluster, from, key).await;
            assert!(told, "{there} was told that the slot of {key} is its own");
            met.insert(there);
        }
        assert_eq!(met.len(), 1, "{met:?}");
    }
    for slot in 0..4_096 {
        let moves: Vec<_> =
            stores.iter().map(|s| s.moves.lock().unwrap().get(&slot).copied().unwrap_or_default()).collect();
        let (came, went) = moves.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert_eq!(came - went, 1, "slot {slot}: told of each end {moves:?}");
        assert!(came >= 2, "and two of them had it for a while");
    }
}

#[tokio::test(start_paused = true)]
async fn s6_no_pair_within_a_half_notices_the_cut() {
    let (cluster, _) = halves().await;
    let pinned = |from: usize, to: usize| {
        let there = cluster.node(to).module::<Store>().local_shard().unwrap();
        cluster.node(from).module::<Store>().get_shard(&there).unwrap()
    };
    let shards: Vec<_> = HALVES
        .iter()
        .flat_map(|half| [(half[0], half[1]), (half[2], half[0])])
        .map(|(a, b)| pinned(a, b))
        .collect();
    pairs().for_each(|(one, other)| cluster.cut(one, other));
    for _ in 0..1_200 {
        for shard in &shards {
            let begun = Instant::now();
            assert!(shard.here(&State::new()).await.is_ok(), "{:?}", shard.node());
            assert!(begun.elapsed() < ms(5));
        }
        sleep(ms(5)).await;
    }
}
