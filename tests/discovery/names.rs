//! Nodes behind a name, as the operating system resolves it.

use std::time::{Duration, Instant};

use shard_runtime::Discovery;

use crate::{ports, sees, soon, start};

fn port(address: &str) -> u16 {
    address.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn nodes_are_found_by_the_addresses_of_a_name() {
    let [ours] = ports::free();
    // The name has the first one's own address among its own.
    let first = start("first", &ours, Discovery::dns("localhost", port(&ours))).await;
    soon(first.ready()).await.unwrap();
    assert_eq!(first.members().len(), 1);
    let second = start("second", "127.0.0.1:0", Discovery::dns("localhost", port(&ours))).await;
    soon(second.ready()).await.unwrap();
    assert!(second.view().get("first").is_some(), "who is ready has asked those that were found");
    sees(&first, "second").await;
}

#[tokio::test]
async fn a_name_that_does_not_exist_holds_nobody_up() {
    let began = Instant::now();
    let node = start("alone", "127.0.0.1:0", Discovery::dns("shard-test.invalid", 7400)).await;
    soon(node.ready()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(6));
    assert_eq!(node.members().len(), 1);
}
