//! Two machines on one network, as far as Linux can make them up: network namespaces that a cable joins.

use std::process::{Command, id};

use crate::program::{Program, Setup, until};

/// Two namespaces, `shard-PID-0` and `-1`, with an interface `cable` each. Gone on drop.
struct Machines([String; 2]);

impl Machines {
    fn new() -> Result<Self, String> {
        let machines = Self([0, 1].map(|index| format!("shard-{}-{index}", id())));
        let [one, other] = &machines.0;
        for name in [one, other] {
            ip(&["netns", "add", name])?;
        }
        let cable = ["type", "veth", "peer", "name", "cable", "netns", other];
        ip(&[&["link", "add", "cable", "netns", one], &cable[..]].concat())?;
        for (name, address) in [(one, "10.74.0.1/24"), (other, "10.74.0.2/24")] {
            ip(&["-n", name, "address", "add", address, "dev", "cable"])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
            ip(&["-n", name, "link", "set", "cable", "up"])?;
        }
        // The kernel takes up to a second to say that a cable is plugged in.
        for name in [one, other] {
            until("a cable", || {
                ip(&["-n", name, "link", "show", "up", "cable"]).ok()?.contains("state UP").then_some(())
            });
        }
        Ok(machines)
    }

    fn start(&self, index: usize, name: &str) -> Program {
        let setup = Setup::new("cluster").option("--name", name).option("--discovery", "mdns");
        inside(&self.0[index], setup.environment("SHARD_INTERFACE", Some("cable"))).start()
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for name in &self.0 {
            let _ = ip(&["netns", "delete", name]);
        }
    }
}

/// The same program, in a network namespace.
fn inside(namespace: &str, mut setup: Setup) -> Setup {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]);
    command.arg(setup.command.get_program()).args(setup.command.get_args());
    for (name, value) in setup.command.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    setup.command = command;
    setup
}

fn ip(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("ip").args(arguments).output().map_err(|error| format!("`ip`: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("`ip {}`: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}

#[test]
fn machines_on_one_network_find_each_other_and_need_the_secret() {
    let machines = match Machines::new() {
        Ok(machines) => machines,
        Err(reason) => {
            eprintln!("skipped: no network namespaces here ({reason})");
            return;
        }
    };
    let mut nodes = [machines.start(0, "a"), machines.start(1, "b")];
    for node in &mut nodes {
        node.line("listens on 10.74.0.");
        node.line("is ready");
        until("both", || (node.ask("nodes", " nodes").pop()? == "2 nodes").then_some(()));
    }
    let setup = Setup::new("cluster").option("--name", "c").option("--discovery", "mdns");
    let setup = setup.environment("SHARD_INTERFACE", Some("cable")).environment("SHARD_SECRET", None);
    let failure = inside(&machines.0[0], setup).start().failure();
    assert!(failure.contains("needs the cluster's secret"), "{failure}");
    // One that was told another secret is found, and not taken in.
    let setup = Setup::new("cluster").option("--name", "d").option("--discovery", "mdns");
    let setup = setup.environment("SHARD_INTERFACE", Some("cable"));
    let setup = setup.environment("SHARD_SECRET", Some("some other cluster's secret"));
    let failure = inside(&machines.0[0], setup).start().failure();
    assert!(failure.contains("does not take this node in"), "{failure}");
    for node in &mut nodes {
        assert_eq!(node.ask("nodes", " nodes").pop().unwrap(), "2 nodes");
    }
}
