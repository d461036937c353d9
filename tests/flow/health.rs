use std::fs;

use serde::{Deserialize, Serialize};
use shard_runtime::Node;

/// What a process says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// Streams and handlers of the tests that are there.
    pub(crate) open: u64,
    /// Handlers that run; the one that says so is one of them.
    pub(crate) running: usize,
    pub(crate) waiting: usize,
    pub(crate) bytes_in: usize,
    pub(crate) bytes_out: usize,
    pub(crate) tasks: usize,
    pub(crate) sockets: usize,
    /// Memory in KiB: now, and at most since [`forget_peak`].
    pub(crate) resident: u64,
    pub(crate) peak: u64,
}

impl Health {
    pub(crate) fn of(node: &Node, open: u64) -> Self {
        let calls = node.calls();
        Self {
            open,
            running: calls.running,
            waiting: calls.waiting,
            bytes_in: calls.bytes_in,
            bytes_out: calls.bytes_out,
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            sockets: sockets(),
            resident: memory("VmRSS:"),
            peak: memory("VmHWM:"),
        }
    }

    /// I9: whether nothing is left of what was done since `before`, but for the one that says so.
    pub(crate) fn is_idle(&self, before: &Self) -> bool {
        let calls = (self.open, self.running, self.waiting, self.bytes_in, self.bytes_out);
        calls == (0, 1, 0, 0, 0) && self.tasks <= before.tasks && self.sockets <= before.sockets
    }
}

/// From now on the peak is that of the time from now on.
pub(crate) fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn memory(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn sockets() -> usize {
    let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let is_socket = |target: std::path::PathBuf| target.to_string_lossy().starts_with("socket:");
    files.filter(|file| fs::read_link(file.path()).is_ok_and(is_socket)).count()
}
