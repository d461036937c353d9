//! Nodes of one CA do what nodes do.

use futures::StreamExt as _;
use shard_runtime::{Error, Node};

use crate::certificates::Ca;
use crate::fixture::{Arena, builder, sees, shard_on, soon, start, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_call_stream_and_gossip() {
    let ca = Ca::new("cluster");
    let a = start("a", ca.node().tls(), &[]).await;
    let b = start("b", ca.node().tls(), &[&a]).await;
    // It is told of one, and hears of the other.
    let c = start("c", ca.node().tls(), &[&b]).await;
    let nodes = [&a, &b, &c];
    for node in nodes {
        soon(node.ready()).await.unwrap();
        until("all see all", || sees(node, &nodes)).await;
    }
    for from in nodes {
        for to in nodes {
            let shard = shard_on(from, to);
            assert_eq!(soon(shard.here(&shard_runtime::State::new())).await.unwrap(), to.name());
            let large: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
            assert_eq!(soon(shard.echo(&large)).await.unwrap(), large);
            let counted: Vec<_> = soon(shard.count(2_000)).await.unwrap().collect().await;
            assert_eq!(counted.len(), 2_000);
            assert!((0..).zip(counted).all(|(n, item)| item.unwrap() == (n, "x".repeat(1_000))));
        }
        let call = from.module::<Arena>().create_broadcast().here(&shard_runtime::State::new()).into_future();
        let (errors, values) = soon(call).await.into_parts();
        assert_eq!((errors.len(), values.len()), (0, 3), "{errors:?}");
    }
    // Who leaves is heard of by gossip as well.
    c.shutdown().await;
    until("it has left", || [&a, &b].iter().all(|node| node.view().get("c").is_none())).await;
}

#[tokio::test]
async fn a_node_that_the_others_would_refuse_does_not_start() {
    let ca = Ca::new("cluster");
    let fails = async |builder: shard_runtime::NodeBuilder| {
        let error: Error = builder.start().await.unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error:?}");
        whole(&error)
    };
    let expired = ca.sign(&["127.0.0.1"], |params| params.not_after = rcgen::date_time_ymd(2001, 1, 1));
    let error = fails(builder("old", expired.tls())).await;
    assert!(error.contains("has expired") && error.contains("SHARD_TLS_CERT"), "{error}");
    let elsewhere = ca.sign(&["10.1.2.3", "game-1.example"], |_| ());
    let error = fails(builder("elsewhere", elsewhere.tls())).await;
    assert_eq!(error.matches("is not for `127.0.0.1` but for").count(), 1, "{error}");
    // The host that others are told counts, and not the one that is bound.
    let node: Node =
        builder("advertised", elsewhere.tls()).advertise("game-1.example:7400").start().await.unwrap();
    assert_eq!(node.address(), "game-1.example:7400");
    let error = fails(builder("nowhere", shard_runtime::Tls::from_pem_files("/no/ca", "/no/pem", "/no/key")));
    let error = error.await;
    assert!(error.contains("cannot read `/no/ca`"), "{error}");
    assert_eq!(error.matches("No such file").count(), 1, "{error}");
}

/// An error with its causes, as the examples print it.
fn whole(error: &Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
