//! A node in a process of its own, which can be stopped.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use crate::module::{Ledger, node};

/// Killed on drop.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// This very program, told to be a node with that name.
    pub(crate) fn start(name: &str, address: &str, peers: &[String]) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::a_node", "--ignored", "--nocapture"])
            .env("FROZEN_NODE", [name, address, &peers.join(",")].join(" "))
            // Its end is this one's: it ends when this closes.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child }
    }

    pub(crate) fn stop(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "the other tests run it as a process of its own"]
fn a_node() {
    let Ok(words) = std::env::var("FROZEN_NODE") else { return };
    let words: Vec<&str> = words.split(' ').collect();
    let &[name, address, peers] = words.as_slice() else { panic!("{words:?}") };
    let peers: Vec<String> = peers.split(',').map(str::to_owned).collect();
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    workers.block_on(async {
        let _node = node(name, address, &peers).module(Ledger::default()).start().await.unwrap();
        // Until the test ends, however it does.
        let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        let _ = input.await;
    });
}
