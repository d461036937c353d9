//! A node with TLS and one without have nothing to say to each other, and say why.

use std::time::{Duration, Instant};

use shard_runtime::Error;

use crate::certificates::Ca;
use crate::fixture::{builder, plain, soon};
use crate::logs::Logs;
use crate::strangers;

/// Whoever reads a refusal is to know what to set.
const WHAT_TO_SET: &str =
    "give certificates (`SHARD_TLS_CA`, `SHARD_TLS_CERT`, `SHARD_TLS_KEY`) to every node";

/// Within the time of a handshake, of which nothing is waited for.
const QUICK: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn a_node_without_tls_is_refused_and_told() {
    let (logs, _guard) = Logs::listen();
    let secure = builder("secure", Ca::new("cluster").node().tls()).start().await.unwrap();
    let open = plain("open").peers([secure.address()]).start().await.unwrap();
    let since = Instant::now();
    let error = soon(open.ready()).await.unwrap_err();
    assert!(since.elapsed() < QUICK && error.to_string().contains(WHAT_TO_SET), "{error}");
    assert!(matches!(&error, Error::Refused { address, .. } if address == secure.address()), "{error}");
    let reason = "the node that was dialled speaks TLS, and the one that dialled does not";
    assert!(error.to_string().contains(reason), "{error}");
    assert_eq!(logs.lines(&["WARN", "a connection was refused", reason, WHAT_TO_SET]).len(), 1);
    assert_eq!((secure.members().len(), open.members().len()), (1, 1));
}

#[tokio::test]
async fn a_node_with_tls_does_not_do_without() {
    let (logs, _guard) = Logs::listen();
    let open = plain("open").start().await.unwrap();
    let secure = builder("secure", Ca::new("cluster").node().tls());
    let secure = secure.peers([open.address()]).start().await.unwrap();
    let since = Instant::now();
    let error = soon(secure.ready()).await.unwrap_err();
    assert!(since.elapsed() < QUICK && error.to_string().contains(WHAT_TO_SET), "{error}");
    assert!(error.to_string().contains("it does not speak TLS, and this node does"), "{error}");
    let reason = "the node that dialled speaks TLS, and the one that was dialled does not";
    assert_eq!(logs.lines(&["WARN", "a connection was refused", reason, WHAT_TO_SET]).len(), 1);
    assert_eq!((secure.members().len(), open.members().len()), (1, 1));
}

#[tokio::test]
async fn whatever_else_speaks_tls_is_known_by_its_answer() {
    let address = strangers::listen(&Ca::new("the web's").node());
    let open = plain("open").peers([address]).start().await.unwrap();
    let error = soon(open.ready()).await.unwrap_err();
    assert!(error.to_string().contains("the other side speaks TLS, and this node does not"), "{error}");
    assert!(error.to_string().contains(WHAT_TO_SET), "{error}");
}
