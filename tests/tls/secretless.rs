//! Certificates alone: what they are good for, and what not.

use shard_runtime::{Node, NodeBuilder, Secret, Shard as _, State, Tls};

use crate::certificates::Ca;
use crate::fixture::{Arena, SECRET, sees, soon, until};
use crate::logs::Logs;

/// A name of this machine, which counts as one that others can reach it by, if it is dialled here.
fn host() -> Option<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_owned();
    let listener = std::net::TcpListener::bind((host.as_str(), 0)).ok()?;
    std::net::TcpStream::connect(listener.local_addr().ok()?).ok()?;
    (host != "localhost").then_some(host)
}

fn builder(name: &str, host: &str, tls: Tls) -> NodeBuilder {
    Node::builder("tls").name(name).listen("0.0.0.0:0").advertise(host).tls(tls).module(Arena::new())
}

#[tokio::test]
async fn nodes_with_certificates_need_no_secret_but_for_their_tokens() {
    let Some(host) = host() else {
        eprintln!("skipped: this machine does not know itself by its name");
        return;
    };
    let (logs, _guard) = Logs::listen();
    let ca = Ca::new("cluster");
    let tls = || ca.sign(&[&host], |_| ()).tls();
    let a = builder("a", &host, tls()).start().await.unwrap();
    assert_eq!(logs.lines(&["WARN", "certificates and no secret", "SHARD_SECRET"]).len(), 1);
    let b = builder("b", &host, tls()).peers([a.address()]).start().await.unwrap();
    soon(b.ready()).await.unwrap();
    until("both see both", || sees(&a, &[&a, &b]) && sees(&b, &[&a, &b])).await;
    let arenas = b.module::<Arena>();
    let there = (0..1_000_u32).map(|key| arenas.keyed_shard(key).unwrap());
    let there = there.into_iter().find(|shard| shard.node().unwrap() == "a").unwrap();
    assert_eq!(soon(there.here(&State::new())).await.unwrap(), "a");

    // There is nothing that both could sign with, and no other could.
    let of_a = a.module::<Arena>().local_shard().unwrap().token().mint();
    a.module::<Arena>().get_shard(&of_a).unwrap();
    assert!(arenas.get_shard(&of_a).is_err());

    // One that asks for a secret is not satisfied with a certificate.
    let strict = builder("strict", &host, tls()).secret(Secret::new(SECRET).unwrap());
    let strict = strict.peers([a.address()]).start().await.unwrap();
    let error = soon(strict.ready()).await.unwrap_err();
    assert!(error.to_string().contains("no cluster secret in common"), "{error}");
}

#[tokio::test]
async fn a_node_that_is_given_a_secret_later_is_a_stranger_to_those_with_certificates_alone() {
    let Some(host) = host() else {
        eprintln!("skipped: this machine does not know itself by its name");
        return;
    };
    let (logs, _guard) = Logs::listen();
    let ca = Ca::new("cluster");
    let tls = || ca.sign(&[&host], |_| ()).tls();
    let a = builder("a", &host, tls()).start().await.unwrap();
    let b = builder("b", &host, tls()).peers([a.address()]).start().await.unwrap();
    soon(b.ready()).await.unwrap();
    until("both see both", || sees(&a, &[&a, &b]) && sees(&b, &[&a, &b])).await;
    let arenas = a.module::<Arena>();
    let before = arenas.local_shard().unwrap().token().mint();
    arenas.get_shard(&before).unwrap();

    let secret = Secret::new(SECRET).unwrap();
    // Twice: what another test's thread is about to log for the first time may be missed here.
    a.set_secrets(Secret::new([9; 32]).unwrap());
    a.set_secrets(secret.clone());
    assert!(!logs.lines(&["WARN", "the node has none of its secrets of before"]).is_empty());
    assert!(arenas.get_shard(&before).is_err(), "under the key that was drawn");
    let after = arenas.local_shard().unwrap().token().mint();
    arenas.get_shard(&after).unwrap();
    assert!(b.module::<Arena>().get_shard(&after).is_err());

    // Its certificate is as good as before, and does not count alone any more.
    let late = builder("late", &host, tls()).peers([a.address()]).start().await.unwrap();
    let error = soon(late.ready()).await.unwrap_err();
    assert!(error.to_string().contains("no cluster secret in common"), "{error}");
    until("they give each other up", || !sees(&a, &[&b]) && !sees(&b, &[&a])).await;
    // Whoever has started with the secret meets it.
    let other = builder("other", &host, tls()).secret(secret).peers([a.address()]).start().await.unwrap();
    soon(other.ready()).await.unwrap();
    until("these see each other", || sees(&a, &[&other]) && sees(&other, &[&a])).await;
}

#[tokio::test]
async fn a_node_with_neither_does_not_start_and_says_what_to_set() {
    let node = Node::builder("tls").name("naked").listen("0.0.0.0:0").advertise("game-1.example");
    let error = node.start().await.unwrap_err().to_string();
    for word in ["SHARD_SECRET", "SHARD_TLS_CA", "SHARD_TLS_CERT", "SHARD_TLS_KEY"] {
        assert!(error.contains(word), "{error}");
    }
}
