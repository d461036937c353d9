//! A secret that is changed while nodes live.

use core::time::Duration;
use std::sync::Arc;

use tokio::time::{Instant, sleep, timeout};

use crate::call::Peer;
use crate::error::Error;
use crate::membership::{Age, Boot, MemberState};
use crate::node::Node;
use crate::node::config::{ConfigError, SecretText};
use crate::node::link::{self, LinkError};
use crate::testing::Cluster;
use crate::trust::{Secret, Secrets};
use crate::wire::handshake::RefusalCode;

/// More than any timeout of the gossip or of a handshake.
const LONG: Duration = Duration::from_secs(10);

struct Rotation {
    cluster: Cluster,
    old: Secret,
    new: Secret,
}

impl Rotation {
    async fn of(nodes: usize) -> Self {
        let cluster = Cluster::of(nodes, |node| node).await.unwrap();
        let (old, new) = (cluster.secret().clone(), Secret::new([9; 32]).unwrap());
        Self { cluster, old, new }
    }

    /// What every node is given, one step after another.
    fn steps(&self) -> [Secrets; 3] {
        let (old, new) = (self.old.clone(), self.new.clone());
        [
            Secrets::new(old.clone()).with_previous(new.clone()).unwrap(),
            Secrets::new(new.clone()).with_previous(old).unwrap(),
            Secrets::new(new),
        ]
    }

    /// Goes through all steps, one node after another, in another order at each step. `then` is given which nodes
    /// have taken the step.
    async fn through(&self, mut then: impl AsyncFnMut(usize, &[usize])) {
        for (number, step) in self.steps().into_iter().enumerate() {
            let mut order: Vec<_> = (0..self.cluster.nodes().count()).collect();
            order.rotate_left(number);
            for (at, index) in order.iter().enumerate() {
                self.cluster.node(*index).set_secrets(step.clone());
                then(number, &order[..=at]).await;
            }
        }
    }

    fn links(&self) -> Vec<Arc<Peer>> {
        self.cluster.nodes().flat_map(|node| node.inside().links()).collect()
    }

    /// Who is there, as each node has it.
    fn members(&self) -> Vec<Vec<(Boot, MemberState)>> {
        let seen = |node: &Node| node.members().iter().map(|it| (it.boot, it.state)).collect();
        self.cluster.nodes().map(seen).collect()
    }

    fn liveness_links(&self) -> u64 {
        self.cluster.nodes().map(|node| node.inside().gossip.links_made()).sum()
    }

    fn set_aside(&self) -> u64 {
        self.cluster.nodes().map(|node| node.inside().gossip.set_aside()).sum()
    }
}

/// How old what one node knows of the other is.
fn known(by: &Node, of: &Node) -> Age {
    by.view().get(of.name()).unwrap().age
}

#[tokio::test(start_paused = true)]
async fn links_stay_open_and_news_are_heard_at_every_step() {
    let rotation = Rotation::of(3).await;
    let (links, members, liveness) = (rotation.links(), rotation.members(), rotation.liveness_links());
    assert_eq!(links.len(), 6);
    rotation
        .through(async |step, taken| {
            // From the node that has just taken the step, and from those that have not yet.
            for node in rotation.cluster.nodes() {
                node.inside().say(|_| {});
                let age = known(node, node);
                let all_know = || rotation.cluster.nodes().all(|by| known(by, node) == age);
                let begun = Instant::now();
                while !all_know() {
                    sleep(Duration::from_millis(10)).await;
                    assert!(
                        begun.elapsed() < Duration::from_secs(2),
                        "step {step}, {taken:?}: {}",
                        node.name()
                    );
                }
            }
            sleep(LONG).await;
            assert!(links.iter().all(|link| link.is_open()), "step {step}, {taken:?}");
            assert_eq!(rotation.members(), members, "step {step}, {taken:?}");
            assert_eq!(rotation.liveness_links(), liveness, "step {step}, {taken:?}");
            assert_eq!(rotation.set_aside(), 0, "step {step}, {taken:?}");
        })
        .await;
    let now = rotation.links();
    assert!(now.iter().zip(&links).all(|(now, then)| Arc::ptr_eq(now, then)) && now.len() == links.len());
}

#[tokio::test(start_paused = true)]
async fn links_are_made_anew_at_every_step() {
    let rotation = Rotation::of(3).await;
    let members = rotation.members();
    rotation
        .through(async |step, taken| {
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                rotation.cluster.sever(one, other);
            }
            // Whoever redials first is the initiator; here both are, in turn.
            for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
                let inner = rotation.cluster.node(from).inside();
                let (from, to) = (Cluster::address(from), Cluster::address(to));
                let stream = inner.transport.dial(&from, &to, LONG).await.unwrap();
                let met = link::dialled_liveness(inner, stream).await;
                assert!(met.is_ok(), "step {step}, {taken:?}: {from} to {to}: {:?}", met.err());
            }
            timeout(Duration::from_secs(5), rotation.cluster.settled()).await.unwrap();
            assert_eq!(rotation.members(), members, "step {step}, {taken:?}");
            // Who loses all links again and again, and cannot speak up meanwhile, may be given up, whatever the keys.
            sleep(LONG).await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_ends_with_the_keys_it_began_with() {
    let rotation = Rotation::of(2).await;
    let [_, _, last] = rotation.steps();
    let inner = rotation.cluster.node(0).inside();
    // Half of it takes 400 ms: the hello is on its way when node 1 gets its secrets, or its proof is.
    rotation.cluster.delay(0, 1, Duration::from_millis(200));
    for after in (0..1_200).step_by(100) {
        for step in rotation.steps() {
            let dialling = async {
                let stream = inner.transport.dial("node-0:1", "node-1:1", LONG).await.unwrap();
                link::dialled_liveness(inner, stream).await.map(|link| link.hello.boot)
            };
            let swapping = async {
                sleep(Duration::from_millis(after)).await;
                rotation.cluster.nodes().for_each(|node| node.set_secrets(step.clone()));
            };
            let (met, ()) = tokio::join!(dialling, swapping);
            let there = rotation.cluster.node(1).boot().get();
            assert!(matches!(&met, Ok(boot) if *boot == there), "after {after} ms: {met:?}");
        }
        // Back to the beginning, the same way.
        for step in rotation.steps().into_iter().rev().skip(1) {
            rotation.cluster.nodes().for_each(|node| node.set_secrets(step.clone()));
            sleep(LONG).await;
        }
        rotation.cluster.nodes().for_each(|node| node.set_secrets(rotation.old.clone()));
        sleep(LONG).await;
    }
    // And with the last one, what was begun with another is refused.
    rotation.cluster.node(1).set_secrets(last);
    let stream = inner.transport.dial("node-0:1", "node-1:1", LONG).await.unwrap();
    let refused = link::dialled_liveness(inner, stream).await;
    assert!(
        matches!(&refused, Err(LinkError::TheyRefuse { refusal, .. }) if refusal.code == RefusalCode::Secret)
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_to_say_hello_meets_the_keys_of_that_moment() {
    let rotation = Rotation::of(2).await;
    let inner = rotation.cluster.node(0).inside();
    let stream = inner.transport.dial("node-0:1", "node-1:1", LONG).await.unwrap();
    // Long enough for the other side to have taken it in.
    sleep(Duration::from_secs(1)).await;
    for step in rotation.steps() {
        rotation.cluster.nodes().for_each(|node| node.set_secrets(step.clone()));
    }
    let met = link::dialled_liveness(inner, stream).await;
    assert!(met.is_ok(), "{:?}", met.err());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_has_the_new_secret_alone_too_early_is_given_up_and_comes_back_with_both() {
    let rotation = Rotation::of(3).await;
    let [both, ..] = rotation.steps();
    let cluster = &rotation.cluster;
    let (hasty, boot) = (cluster.node(0), cluster.node(0).boot());
    hasty.set_secrets(rotation.new.clone());
    let begun = Instant::now();
    while [1, 2].iter().any(|index| cluster.node(*index).view().by_boot(boot).is_some()) {
        sleep(Duration::from_millis(50)).await;
        assert!(begun.elapsed() < LONG, "it is still a member");
    }
    assert!([1, 2].iter().all(|index| cluster.node(*index).members().len() == 2), "the others stay together");
    for node in cluster.nodes() {
        node.set_secrets(both.clone());
    }
    timeout(LONG, cluster.settled()).await.expect("it is back");
    assert_ne!(hasty.boot(), boot, "as another boot, since the one before is dead");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_starts_with_the_old_secret_alone_is_refused_when_that_was_dropped() {
    let mut rotation = Rotation::of(3).await;
    rotation.cluster.kill(2);
    sleep(LONG).await;
    rotation.through(async |_, _| sleep(LONG).await).await;
    let with = |secret: &Secret| {
        let secret = secret.clone();
        move |node: crate::NodeBuilder| node.secret(secret)
    };
    let (old, new) = (with(&rotation.old), with(&rotation.new));
    let late = rotation.cluster.restart(2, old).await.unwrap();
    let error = timeout(LONG, late.ready()).await.expect("it is told").unwrap_err();
    assert!(
        matches!(&error, Error::Refused { reason, .. } if reason.contains("no cluster secret in common"))
    );
    assert!(rotation.members()[..2].iter().all(|seen| seen.len() == 2));
    rotation.cluster.kill(2);
    let late = rotation.cluster.restart(2, new).await.unwrap();
    timeout(LONG, late.ready()).await.expect("it is taken in").unwrap();
    timeout(LONG, rotation.cluster.settled()).await.unwrap();
}

/// A node that the environment gives these secrets, the current one and the one before.
fn told(current: Option<&str>, previous: &str) -> crate::NodeBuilder {
    let mut node = Node::builder("test").name("told");
    node.overlay.secret = current.map(SecretText::new);
    node.overlay.previous_secret = Some(SecretText::new(previous));
    node
}

#[tokio::test]
async fn the_secret_before_is_none_without_the_current_one() {
    // On loopback, where there would be a development secret, and off it.
    for listen in ["127.0.0.1:0", "0.0.0.0:0"] {
        // Also where it is none at all.
        for previous in ["81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b", "x"] {
            let node = told(None, previous).listen(listen).advertise("127.0.0.1").start().await;
            let error = node.map(|node| node.name().to_owned()).unwrap_err();
            assert!(matches!(error, Error::Config(ConfigError::PreviousSecretAlone)), "{error:?}");
            let text = error.to_string();
            assert!(
                text.contains("`SHARD_SECRET_PREVIOUS`") && text.contains("set `SHARD_SECRET`"),
                "{text}"
            );
        }
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn nor_is_it_beside_certificates() {
    let ca = crate::transport::tls::testing::Ca::new("cluster");
    let node =
        told(None, "81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b").listen("0.0.0.0:0").advertise("game-1.example:7400");
    let error = node.tls(ca.sign(&["game-1.example"], |_| ())).start().await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Config(ConfigError::PreviousSecretAlone)), "{error:?}");
}

#[tokio::test]
async fn the_secret_before_is_accepted_beside_one_that_is_text_and_not_beside_one_in_code() {
    let (new, old) = ("0b7bd2dfb9c4e7a8e3a5d1c2f4906e11", "81ea4a17a7a3b3a1d6a4e0a1c7e5cf4b");
    let keys = async |node: crate::NodeBuilder| {
        let node = node.listen("127.0.0.1:0").start().await.unwrap();
        node.inside().ring.load().links.ids().count()
    };
    assert_eq!(keys(told(Some(new), old)).await, 2);
    assert_eq!(keys(told(None, old).secret_text(new)).await, 2);
    assert_eq!(keys(told(None, old).secret(Secret::new(new).unwrap())).await, 1);
}
