//! The node that is attacked, in a process of its own.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use shard_runtime::{Node, NodeBuilder, Secret, sharded_module};

pub(crate) const CLUSTER: &str = "hostile";
pub(crate) const SECRET: &[u8] = &[7; 32];

/// Where a process is told that it is the victim.
const ROLE: &str = "HOSTILE_VICTIM";

#[derive(Default)]
pub(crate) struct Target {
    runs: AtomicU64,
}

/// As deep as whoever sends it likes.
#[derive(Serialize, Deserialize)]
pub(crate) enum Tree {
    Leaf,
    Node(Box<Tree>),
}

#[sharded_module]
impl Target {
    pub(crate) fn echo(&self, number: u64) -> u64 {
        self.runs.fetch_add(1, Ordering::SeqCst);
        number
    }

    /// How often any method has run.
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::SeqCst)
    }

    pub(crate) fn numbers(&self, _many: Vec<u64>) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn nothings(&self, _many: Vec<()>) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn text(&self, _long: &str) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn map(&self, _large: HashMap<u64, String>) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn tree(&self, _deep: Tree) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }
}

/// The places of its methods in the table.
pub(crate) const NUMBERS: u32 = 2;
pub(crate) const NOTHINGS: u32 = 3;
pub(crate) const TEXT: u32 = 4;
pub(crate) const MAP: u32 = 5;
pub(crate) const TREE: u32 = 6;
pub(crate) const NO_METHOD: u32 = 7;

pub(crate) fn node(name: &str) -> NodeBuilder {
    let secret = Secret::new(SECRET).unwrap();
    Node::builder(CLUSTER).name(name).listen("127.0.0.1:0").secret(secret)
}

/// Killed on drop.
pub(crate) struct Victim {
    child: Child,
    pub(crate) address: String,
}

impl Victim {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim::the_victim", "--ignored", "--nocapture"])
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| Some(line.unwrap().strip_prefix("listens on ")?.to_owned()));
        Self { child, address: address.expect("it says where it listens") }
    }

    /// From now on the peak is that of the time from now on.
    pub(crate) fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    /// Memory in KiB: now, and at most since it was forgotten.
    pub(crate) fn memory(&self) -> [u64; 2] {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        ["VmRSS:", "VmHWM:"].map(|what| {
            let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        })
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "the other tests run it as a process of its own"]
fn the_victim() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    workers.block_on(async {
        let node = node("victim").module(Target::default()).start().await.unwrap();
        println!("\nlistens on {}", node.address());
        // Until the test ends, however it does.
        let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        let _ = input.await;
    });
}
