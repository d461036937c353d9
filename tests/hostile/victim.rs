//! The node that is attacked, in a process of its own.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

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
        Self::run(&mut Command::new(std::env::current_exe().unwrap()))
    }

    /// With so many file descriptors at most.
    pub(crate) fn with_files(files: u32) -> Self {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
        Self::run(shell.arg("-c").arg(limited).arg(std::env::current_exe().unwrap()))
    }

    fn run(program: &mut Command) -> Self {
        let mut child = program
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

impl Victim {
    /// Processor time that it has used.
    pub(crate) fn busy(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name, which may have spaces, the state is the first field. In hundredths of a second.
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(10 * ticks)
    }

    /// File descriptors that it has open.
    pub(crate) fn files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
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
