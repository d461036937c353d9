//! A process is stopped and goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shard_runtime::{Node, Shard};

use crate::load::{Call, Load, verdict};
use crate::module::{Ledger, Run, free_address, micros, node, until};
use crate::process::Process;

const NAME: &str = "frozen";

/// Two nodes in this process, which call, and one in a process of its own.
struct Bed {
    survivors: Vec<Node>,
    ledgers: Vec<Arc<Ledger>>,
    process: Process,
}

/// What came of a stop.
struct Report {
    /// The boot before it, and the boot at the end.
    boots: (u64, u64),
    stopped: u64,
    woken: u64,
    calls: Vec<Call>,
    /// What ran on the node that was stopped.
    runs: Vec<Run>,
    /// How long it took, after it was woken, until both others called it by a boot that answers.
    back: Duration,
}

impl Bed {
    async fn start() -> Self {
        let addresses = [free_address(), free_address(), free_address()];
        let process = Process::start(NAME, &addresses[2], &addresses);
        let ledgers = vec![Arc::new(Ledger::default()), Arc::new(Ledger::default())];
        let mut survivors = Vec::new();
        for (at, ledger) in ledgers.iter().enumerate() {
            let builder = node(&format!("survivor-{at}"), &addresses[at], &addresses);
            survivors.push(builder.shared_module(Arc::clone(ledger)).start().await.unwrap());
        }
        let bed = Self { survivors, ledgers, process };
        for node in &bed.survivors {
            until(Duration::from_secs(30), "all see all", || node.members().len() == 3).await;
            node.ready().await.unwrap();
        }
        bed
    }

    /// The boot under which a survivor sees the frozen one.
    fn boot_at(&self, survivor: usize) -> Option<u64> {
        self.survivors[survivor].view().get(NAME).map(|member| member.boot.get())
    }

    async fn answers(&self, survivor: usize) -> bool {
        let module = self.survivors[survivor].module::<Ledger>();
        for key in 0..200_u64 {
            let Ok(shard) = module.create_shard(key) else { return false };
            if Shard::node(&shard).is_some_and(|node| node.as_str() == NAME) {
                return shard.runs(usize::MAX).await.is_ok();
            }
        }
        false
    }

    async fn runs(&self) -> Vec<Run> {
        let module = self.survivors[0].module::<Ledger>();
        let shards = (0..1_000_u64).map(|key| module.create_shard(key).unwrap());
        let shard = shards
            .into_iter()
            .find(|shard| Shard::node(shard).is_some_and(|node| node.as_str() == NAME))
            .expect("it owns some key");
        let mut runs = Vec::new();
        loop {
            let more = shard.runs(runs.len()).await.unwrap();
            if more.is_empty() {
                return runs;
            }
            runs.extend(more);
        }
    }

    /// Stops the process for `pause` while both others call it.
    async fn freeze(self, pause: Duration) -> Report {
        let old = self.boot_at(0).expect("it is a member");
        let loads = [0, 1].map(|at| Load::start(&self.survivors[at], NAME));
        tokio::time::sleep(Duration::from_millis(500)).await;
        let stopped = micros();
        self.process.stop();
        tokio::time::sleep(pause).await;
        let woken = micros();
        self.process.resume();
        let awake = Instant::now();
        loop {
            let new = self.boot_at(0);
            let reborn = pause < Duration::from_secs(2) || new != Some(old);
            if reborn
                && new.is_some()
                && new == self.boot_at(1)
                && self.answers(0).await
                && self.answers(1).await
            {
                break;
            }
            assert!(awake.elapsed() < Duration::from_secs(15), "it does not come back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let back = awake.elapsed();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut calls = Vec::new();
        for load in loads {
            calls.extend(load.end().await);
        }
        let runs = self.runs().await;
        let all: Vec<Run> =
            runs.iter().copied().chain(self.ledgers.iter().flat_map(|ledger| ledger.all())).collect();
        verdict(&calls, &all);
        let boots = (old, self.boot_at(0).expect("it is a member again"));
        Report { boots, stopped, woken, calls, runs, back }
    }
}

impl Report {
    /// The calls that were made while it was stopped and had expired when it woke: had it believed them, it would
    /// have run them.
    fn expired(&self) -> usize {
        let meanwhile = |call: &&Call| call.made > self.stopped && call.deadline + 200_000 < self.woken;
        self.calls.iter().filter(meanwhile).count()
    }

    fn after(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.micros > self.woken)
    }
}

async fn keeps_its_boot(millis: u64) {
    let report = Bed::start().await.freeze(Duration::from_millis(millis)).await;
    println!("{millis} ms: {} calls, {} of them expired meanwhile", report.calls.len(), report.expired());
    assert!(report.expired() > 10, "nothing was tested");
    assert_eq!(report.boots.0, report.boots.1);
    assert!(report.after().all(|run| run.boot == report.boots.0));
    assert!(report.after().count() > 50);
}

async fn takes_another_boot(millis: u64) {
    let report = Bed::start().await.freeze(Duration::from_millis(millis)).await;
    println!(
        "{millis} ms: {} calls, {} of them expired meanwhile, back after {:?}",
        report.calls.len(),
        report.expired(),
        report.back
    );
    assert!(report.expired() > 100, "nothing was tested");
    assert_ne!(report.boots.0, report.boots.1);
    let old = report.after().filter(|run| run.boot != report.boots.1).count();
    assert_eq!(old, 0, "calls ran under the old boot after it woke");
    assert!(report.after().count() > 50);
    assert!(report.back <= Duration::from_secs(5), "{:?}", report.back);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_second_keeps_the_boot_and_nothing_expired_runs() {
    keeps_its_boot(500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_and_a_half_seconds_keep_the_boot_and_nothing_expired_runs() {
    keeps_its_boot(1_500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_seconds_make_another_boot_and_nothing_expired_runs() {
    takes_another_boot(3_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_seconds_make_another_boot_and_nothing_expired_runs() {
    takes_another_boot(6_000).await;
}
