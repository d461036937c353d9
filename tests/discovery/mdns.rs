//! Processes that know nothing but the cluster's name find each other on one machine.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use crate::program::{Program, Setup, until};

/// Whether the loopback interface carries multicast.
fn loopback_carries_multicast() -> io::Result<()> {
    let group = Ipv4Addr::new(239, 255, 74, 0);
    let to = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    to.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
    to.set_read_timeout(Some(Duration::from_secs(2)))?;
    let from = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    from.send_to(b"anybody?", (group, to.local_addr()?.port()))?;
    to.recv(&mut [0; 16]).map(drop)
}

/// A node of the example's cluster whose only setting is how to look. Its secret tells it from other runs of this test.
fn start(secret: &str) -> Program {
    Setup::new("cluster").environment("SHARD_SECRET", Some(secret)).option("--discovery", "mdns").start()
}

fn sees(program: &mut Program, count: usize) {
    let count = format!("{count} nodes");
    until("a view of so many nodes", || (*program.ask("nodes", " nodes").last()? == count).then_some(()));
}

#[test]
fn processes_find_each_other_with_nothing_but_the_clusters_name() {
    if let Err(error) = loopback_carries_multicast() {
        eprintln!("skipped: the loopback interface here carries no multicast ({error})");
        return;
    }
    let secret = format!("for this run only: {}", std::process::id());
    let mut nodes = [start(&secret), start(&secret)];
    for node in &mut nodes {
        node.line("is ready");
        sees(node, 2);
    }
    // A third one comes later, and one that died is not waited for.
    let mut third = start(&secret);
    third.line("is ready");
    nodes[0].kill();
    let [_, second] = &mut nodes;
    for node in [second, &mut third] {
        sees(node, 2);
        node.ask("create arena-1", " is on node ");
    }
}
