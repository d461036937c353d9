//! Five machines on one switch, as far as Linux can make them up: network namespaces, cables, and a bridge that
//! does not pass everything on.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Namespaces `shard-net-PID-N-0` to `-4`, each with an interface `eth0`, which leads to the port `p0` to `p4` of a
/// bridge in the namespace `shard-net-PID-N-s`. Gone on drop.
pub(crate) struct Machines {
    namespaces: Vec<String>,
    switch: String,
}

impl Machines {
    /// Five of them, or `None`, and the reason printed, where that cannot be.
    pub(crate) fn new() -> Option<Self> {
        Self::make().map_err(|reason| println!("skipped: no networks can be made here ({reason})")).ok()
    }

    fn make() -> Result<Self, String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let base = format!("shard-net-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let machines = Self {
            namespaces: (0..5).map(|index| format!("{base}-{index}")).collect(),
            switch: format!("{base}-s"),
        };
        let switch = machines.switch.as_str();
        ip(&["netns", "add", switch])?;
        ip(&["-n", switch, "link", "add", "name", "hub", "type", "bridge"])?;
        ip(&["-n", switch, "link", "set", "hub", "up"])?;
        for (index, name) in machines.namespaces.iter().enumerate() {
            let port = format!("p{index}");
            ip(&["netns", "add", name])?;
            let cable = ["type", "veth", "peer", "name", &port, "netns", switch];
            ip(&[&["link", "add", "eth0", "netns", name], &cable[..]].concat())?;
            ip(&["-n", switch, "link", "set", &port, "master", "hub"])?;
            ip(&["-n", switch, "link", "set", &port, "up"])?;
            let address = format!("{}/24", Self::address(index));
            ip(&["-n", name, "address", "add", &address, "dev", "eth0"])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
            ip(&["-n", name, "link", "set", "eth0", "up"])?;
        }
        machines.nft("add table bridge net")?;
        machines.nft("add chain bridge net pass { type filter hook forward priority 0; }")?;
        Ok(machines)
    }

    pub(crate) fn namespace(&self, index: usize) -> &str {
        &self.namespaces[index]
    }

    pub(crate) fn address(index: usize) -> String {
        format!("10.75.0.{}", index + 1)
    }

    /// Nothing comes from one to the other any more.
    pub(crate) fn cut_one_way(&self, from: usize, to: usize) {
        self.rule(&format!("iifname p{from} oifname p{to} drop"));
    }

    pub(crate) fn cut(&self, one: usize, other: usize) {
        self.cut_one_way(one, other);
        self.cut_one_way(other, one);
    }

    /// Nothing comes to it or from it any more, and nobody is told.
    pub(crate) fn silence(&self, index: usize) {
        self.rule(&format!("iifname p{index} drop"));
        self.rule(&format!("oifname p{index} drop"));
    }

    /// Of all packets that many in a hundred are lost, each way.
    pub(crate) fn lose(&self, percent: u32) {
        self.rule(&format!("numgen random mod 100 < {percent} counter drop"));
    }

    pub(crate) fn heal(&self) {
        self.nft("flush chain bridge net pass").unwrap();
    }

    /// How many packets the rules have dropped that count.
    pub(crate) fn lost(&self) -> u64 {
        let rules = self.nft("list chain bridge net pass").unwrap();
        let mut words = rules.split_whitespace().skip_while(|word| *word != "packets");
        words.nth(1).and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    fn rule(&self, rule: &str) {
        self.nft(&format!("add rule bridge net pass {rule}")).unwrap();
    }

    fn nft(&self, command: &str) -> Result<String, String> {
        ip(&["netns", "exec", &self.switch, "nft", command])
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for name in self.namespaces.iter().chain([&self.switch]) {
            let _ = ip(&["netns", "delete", name]);
        }
    }
}

fn ip(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("ip").args(arguments).output().map_err(|error| format!("`ip`: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("`ip {}`: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}
