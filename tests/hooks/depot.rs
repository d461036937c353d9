//! A module that writes down what it is told, and when.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{LeaveCause, Node, NodeName, Plan, Shard as _, Slots, State, sharded_module};
use tokio::time::{Instant, sleep};

/// What a depot has seen, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Arriving(BTreeSet<u16>, Option<String>),
    Arrived(Instant),
    Leaving(BTreeSet<u16>, Option<String>, LeaveCause),
    Left(Instant),
    Ran(u64, Instant),
    Stopped,
}

#[derive(Default)]
pub(crate) struct Depot {
    pub(crate) seen: Mutex<Vec<Seen>>,
    /// The slots that it had before that.
    had: Mutex<BTreeSet<u16>>,
    /// How long its hooks take, in milliseconds.
    pub(crate) takes: AtomicU64,
    /// How often `slots_arriving` fails from now on; every other time by a panic.
    pub(crate) fails: AtomicUsize,
}

#[sharded_module]
impl Depot {
    pub(crate) async fn put(&self, id: u64) {
        self.note(Seen::Ran(id, Instant::now()));
        sleep(Duration::from_millis(1)).await;
    }

    /// The same, in a context of the caller's.
    pub(crate) async fn put_in(&self, _: &State, id: u64) {
        self.put(id).await;
    }

    #[blocking]
    pub(crate) fn press(&self, id: u64) {
        self.note(Seen::Ran(id, Instant::now()));
    }

    async fn slots_arriving(&self, slots: &Slots, from: Option<&NodeName>) -> Result<(), String> {
        self.note(Seen::Arriving(slots.iter().collect(), from.map(ToString::to_string)));
        sleep(Duration::from_millis(self.takes.load(Ordering::SeqCst))).await;
        let fails = self.fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match fails {
            Ok(left) if left % 2 == 0 => panic!("the store is gone"),
            Ok(_) => return Err("the store is closed".to_owned()),
            Err(_) => self.note(Seen::Arrived(Instant::now())),
        }
        Ok(())
    }

    async fn slots_leaving(&self, slots: &Slots, to: Option<&NodeName>, cause: LeaveCause) {
        self.note(Seen::Leaving(slots.iter().collect(), to.map(ToString::to_string), cause));
        sleep(Duration::from_millis(self.takes.load(Ordering::SeqCst))).await;
        self.note(Seen::Left(Instant::now()));
    }

    fn on_stop(&self, _: &Node) {
        self.note(Seen::Stopped);
    }
}

impl Depot {
    fn note(&self, seen: Seen) {
        self.seen().push(seen);
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap()
    }

    /// When the call of this id ran, which it did once or not at all.
    pub(crate) fn ran(&self, wanted: u64) -> Option<Instant> {
        let seen = self.seen();
        let mut ran = seen.iter().filter_map(|seen| match seen {
            Seen::Ran(id, when) if *id == wanted => Some(*when),
            _ => None,
        });
        let when = ran.next();
        assert!(ran.next().is_none(), "call {wanted} ran twice");
        when
    }

    /// The slots that it has, by all that it was told. It must not be told of what it has, or of what it has not.
    pub(crate) fn has(&self) -> BTreeSet<u16> {
        let mut has = self.had.lock().unwrap().clone();
        for seen in self.seen().iter() {
            match seen {
                Seen::Arriving(slots, _) => {
                    assert!(has.is_disjoint(slots) && !slots.is_empty());
                    has.extend(slots);
                }
                Seen::Leaving(slots, ..) => {
                    assert!(has.is_superset(slots) && !slots.is_empty());
                    has.retain(|slot| !slots.contains(slot));
                }
                _ => {}
            }
        }
        has
    }
}

/// So many nodes, each with a depot of its own.
pub(crate) struct Depots {
    pub(crate) cluster: Cluster,
    pub(crate) depots: Vec<Arc<Depot>>,
}

impl Depots {
    pub(crate) async fn start(size: usize) -> Self {
        let depots: Vec<Arc<Depot>> = (0..size).map(|_| Arc::default()).collect();
        let mut builder = Cluster::builder();
        for depot in &depots {
            let depot = Arc::clone(depot);
            builder = builder.node(|node| node.shared_module(depot));
        }
        let cluster = builder.start().await.unwrap();
        // The hooks of the start.
        sleep(Duration::from_millis(100)).await;
        Self { cluster, depots }
    }

    /// Forgets what was seen up to now, and makes hooks take so long from now on.
    pub(crate) fn observe(&self, takes: u64) {
        for depot in &self.depots {
            let has = depot.has();
            *depot.had.lock().unwrap() = has;
            depot.seen().clear();
            depot.takes.store(takes, Ordering::SeqCst);
        }
    }

    /// Kills a node, and waits until the others have noticed.
    pub(crate) async fn kill(&mut self, index: usize) {
        self.cluster.kill(index);
        self.cluster.settled().await;
    }

    /// Starts a killed node again, with a new depot.
    pub(crate) async fn restart(&mut self, index: usize) {
        let depot = Arc::new(Depot::default());
        self.depots[index] = Arc::clone(&depot);
        self.cluster.restart(index, |node| node.shared_module(depot)).await.unwrap();
        self.cluster.settled().await;
    }

    /// A keyed shard as one node makes it.
    pub(crate) fn keyed(&self, node: usize, key: u64) -> DepotShard {
        self.cluster.node(node).module::<Depot>().keyed_shard(key).unwrap()
    }

    /// A key that one node owned, and another one owns once that is dead.
    pub(crate) fn key(&self, before: usize, after: usize) -> u64 {
        let names = (0..self.depots.len()).map(|n| format!("node-{n}"));
        let now = Plan::new(names.clone());
        let without = Plan::new(names.filter(|name| *name != format!("node-{before}")));
        let (before, after) = (format!("node-{before}"), format!("node-{after}"));
        let wanted = |key: &u64| {
            now.owner(*key) == Some(&before) && (before == after || without.owner(*key) == Some(&after))
        };
        (0..10_000).find(wanted).unwrap()
    }

    /// Whether each depot has what its node owns, by the calls that its node would get.
    pub(crate) fn agree(&self) {
        let plan = Plan::new(["any"]);
        for node in self.cluster.nodes() {
            let at: usize = node.name().strip_prefix("node-").unwrap().parse().unwrap();
            let has = self.depots[at].has();
            for key in 0..400_u64 {
                let owner = self.keyed(at, key).node().unwrap();
                let slot = plan.explain(key).slot;
                assert_eq!(owner == node.name(), has.contains(&slot), "{} and slot {slot}", node.name());
            }
        }
    }
}

/// A state whose calls end so many milliseconds from now.
pub(crate) fn within(millis: u64) -> State {
    State::new().with_deadline(Instant::now() + Duration::from_millis(millis))
}
