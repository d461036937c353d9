//! How nodes find each other: over real sockets, and between real processes.

mod mdns;
mod names;
mod namespaces;
#[path = "../examples/ports.rs"]
mod ports;
#[path = "../examples/program.rs"]
#[expect(dead_code, reason = "it serves the examples' tests as well, which use the rest")]
mod program;
mod seeds;

use core::future::Future;
use std::time::Duration;

use shard_runtime::{Discovery, Node, NodeBuilder, Secret};

/// A node over TCP that listens on a loopback address.
fn builder(name: &str, listen: &str, discovery: Discovery) -> NodeBuilder {
    let secret = Secret::new(*b"for the tests of discovery only!").unwrap();
    Node::builder("found").name(name).listen(listen).discovery(discovery).secret(secret)
}

async fn start(name: &str, listen: &str, discovery: Discovery) -> Node {
    builder(name, listen, discovery).start().await.unwrap()
}

/// Waits for far longer than anything takes, so that only a hang meets the end.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("it takes a minute already")
}

async fn sees(node: &Node, name: &str) {
    soon(async {
        while node.view().get(name).is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
