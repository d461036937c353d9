//! A node in a process of its own.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use shard_runtime::{Node, NodeBuilder, Secret};

use crate::driver::Driver;
use crate::works::Works;

/// Where a process is told what node it is.
const ROLE: &str = "FLOW_NODE";

/// Killed on drop.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// This very program, told to be a node of that name.
    pub(crate) fn start(name: &str, peer: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::a_node", "--ignored", "--nocapture"])
            .env(ROLE, [name, peer].join(" "))
            // Its end is this one's: it ends when this closes.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Any node of these tests. The longest messages that there are, for all of them.
pub(crate) fn node(name: &str, peers: &[&str]) -> NodeBuilder {
    Node::builder("flow")
        .name(name)
        .listen("127.0.0.1:0")
        .peers(peers.iter().copied())
        .secret(Secret::new([7; 32]).unwrap())
        .message_limit(16 << 20)
}

#[test]
#[ignore = "the other tests run it as a process of its own"]
fn a_node() {
    let Ok(words) = std::env::var(ROLE) else { return };
    let (name, peer) = words.split_once(' ').unwrap();
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    workers.block_on(async {
        let node = node(name, &[peer]).module(Works::default()).module(Driver::default());
        let _node = node.start().await.unwrap();
        // Until the test ends, however it does.
        let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        let _ = input.await;
    });
}
