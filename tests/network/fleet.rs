//! The nodes of one test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::book::Book;
use crate::child::{Ask, Role, Seen};
use crate::ledger::{Ledger, micros};
use crate::load::{Call, KEYS, Rate};
use crate::machines::Machines;
use crate::ports;
use crate::process::Process;

/// Nodes `n0`, `n1` and so on, of one cluster. Processes and files are gone on drop.
pub(crate) struct Fleet {
    pub(crate) nodes: Vec<Process>,
    cluster: String,
    seeds: Vec<String>,
    ledgers: Vec<PathBuf>,
    directory: PathBuf,
    /// How many calls may have been made before, so that no two have one number.
    numbers: u64,
}

impl Fleet {
    /// Five nodes on loopback that all see each other.
    pub(crate) fn on_loopback() -> Self {
        Self::start(ports::free::<5>().to_vec(), |_| None)
    }

    /// Five nodes, each on a machine of its own, that all see each other.
    pub(crate) fn on(machines: &Machines) -> Self {
        let addresses = (0..5).map(|index| format!("{}:7400", Machines::address(index))).collect();
        Self::start(addresses, |index| Some(machines.namespace(index)))
    }

    fn start<'a>(seeds: Vec<String>, namespace: impl Fn(usize) -> Option<&'a str>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let cluster = format!("network-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(&cluster);
        std::fs::create_dir_all(&directory).unwrap();
        let mut fleet =
            Self { nodes: Vec::new(), cluster, seeds, ledgers: Vec::new(), directory, numbers: 0 };
        for (index, listen) in fleet.seeds.clone().iter().enumerate() {
            let role = fleet.role(&format!("n{index}"), listen);
            fleet.nodes.push(Process::start(role, namespace(index)));
        }
        for node in &mut fleet.nodes {
            node.ask::<Result<(), String>>(&Ask::Ready).unwrap();
        }
        let names = fleet.names();
        fleet.settled(&names, Duration::from_secs(30));
        fleet
    }

    /// Of a node that belongs to this cluster.
    pub(crate) fn role(&mut self, name: &str, listen: &str) -> Role {
        let ledger = self.directory.join(format!("{name}-{}", self.ledgers.len()));
        self.ledgers.push(ledger.clone());
        Role {
            cluster: self.cluster.clone(),
            secret: format!("for the tests of the network only: {}", self.cluster),
            name: name.to_owned(),
            listen: listen.to_owned(),
            peers: self.seeds.clone(),
            ledger,
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.name().to_owned()).collect()
    }

    /// All but the first `skip` nodes call, at that rate all together; every eighth call takes so long.
    pub(crate) fn load(&mut self, skip: usize, per_second: u64, millis: u64) {
        let callers = u64::try_from(self.nodes.len() - skip).unwrap();
        for node in &mut self.nodes[skip..] {
            let rate = Rate { from: self.numbers, per_second: per_second / callers, millis };
            self.numbers += 10_000_000;
            node.ask::<()>(&Ask::Load(rate));
        }
    }

    /// Ends the calls, and says with them who made each.
    pub(crate) fn calls(&mut self) -> Vec<(String, Call)> {
        self.nodes.iter_mut().for_each(|node| node.tell(&Ask::Calls));
        let told = |node: &mut Process| {
            let name = node.name().to_owned();
            let calls: Vec<Call> = node.answer();
            calls.into_iter().map(move |call| (name.clone(), call)).collect::<Vec<_>>()
        };
        self.nodes.iter_mut().flat_map(told).collect()
    }

    /// The calls, and what has run on all nodes that there were.
    pub(crate) fn book(&mut self) -> Book {
        let calls = self.calls();
        Book::new(calls, self.ledgers.iter().flat_map(|path| Ledger::read(path)))
    }

    /// What each node has seen.
    pub(crate) fn seen(&mut self) -> Vec<Vec<Seen>> {
        self.nodes.iter_mut().for_each(|node| node.tell(&Ask::Seen));
        self.nodes.iter_mut().map(Process::answer).collect()
    }

    /// Who owns each key, as each node sees it.
    pub(crate) fn owners(&mut self) -> Vec<Vec<String>> {
        self.nodes.iter_mut().map(|node| node.ask(&Ask::Owners(KEYS))).collect()
    }

    /// Waits until all nodes have one view, of exactly these members, all active. Returns since when they have.
    pub(crate) fn settled(&mut self, names: &[String], limit: Duration) -> u64 {
        let mut names = names.to_vec();
        names.sort();
        let end = Instant::now() + limit;
        loop {
            let last: Vec<Seen> = self.seen().into_iter().filter_map(|mut seen| seen.pop()).collect();
            let whole = |seen: &Seen| {
                seen.active() == names.len() && seen.members.iter().map(|(name, ..)| name).eq(&names)
            };
            if last.len() == self.nodes.len()
                && last.iter().all(|seen| whole(seen) && seen.digest == last[0].digest)
            {
                return last.iter().map(|seen| seen.at).max().unwrap();
            }
            assert!(Instant::now() < end, "no one view after {limit:?}: {last:#?}");
            sleep(Duration::from_millis(20));
        }
    }

    /// When each node first saw that this holds, at or after that moment.
    ///
    /// # Panics
    ///
    /// When that is not within the limit.
    pub(crate) fn each_saw(&mut self, since: u64, limit: Duration, what: impl Fn(&Seen) -> bool) -> Vec<u64> {
        let end = since + u64::try_from(limit.as_micros()).unwrap();
        loop {
            let late = micros() > end;
            let seen = self.seen();
            let first = |seen: &Vec<Seen>| seen.iter().find(|it| it.at >= since && what(it)).map(|it| it.at);
            let found: Vec<u64> = seen.iter().filter_map(first).collect();
            if found.len() == seen.len() {
                return found;
            }
            assert!(!late, "{} of {} have seen it after {limit:?}", found.len(), seen.len());
            sleep(Duration::from_millis(20));
        }
    }

    /// The members that some node did not see as active at some time since that moment.
    pub(crate) fn missed(&mut self, since: u64) -> Vec<String> {
        let names = self.names();
        let mut missed = Vec::new();
        for (seer, seen) in names.iter().zip(self.seen()) {
            for view in seen.iter().filter(|view| view.at >= since) {
                let active = |name: &&String| view.state(name) != Some(shard_runtime::MemberState::Active);
                missed.extend(names.iter().filter(active).map(|name| format!("{name} by {seer}")));
            }
        }
        missed
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.nodes.clear();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Milliseconds from one moment to another, zero if it came before.
pub(crate) fn millis(from: u64, to: u64) -> u64 {
    to.saturating_sub(from) / 1_000
}
