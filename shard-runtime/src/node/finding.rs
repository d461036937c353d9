//! Runs the engine, and has the addresses that it finds looked after.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::timeout;

use super::inner::Inner;
use super::peers::FAREWELL;
use super::seeking;
use crate::discovery::{Engine, Found, Sightings};
use crate::transport::jitter;

/// How long an engine may take to say for the first time what it sees. They all say so sooner; this is for one that hangs.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// How long a node waits between two addresses that it looks at for the first time.
const APART: Duration = Duration::from_millis(50);

pub(super) fn start(inner: &Arc<Inner>, engine: Box<dyn Engine>) {
    let (sightings, found) = Sightings::new();
    let running = engine.run(inner.announced.subscribe(), sightings, inner.stopped().clone());
    let stopped = inner.stopped().clone();
    // Not as the node's other tasks, which are dropped as it stops: it has to withdraw.
    inner.tasks().spawn(async move {
        let mut running = running;
        let early = stopped.run_until_cancelled(&mut running).await.is_some();
        if !early {
            let _ = timeout(FAREWELL, running).await;
        }
    });
    let task = Arc::clone(inner);
    inner.spawn(async move { follow(&task, found).await });
}

async fn follow(inner: &Arc<Inner>, mut found: watch::Receiver<Found>) {
    let _ = timeout(FIRST_LOOK, found.wait_for(|found| found.looked)).await;
    loop {
        let seen: BTreeSet<String> = {
            let found = found.borrow_and_update();
            let addresses = found.sightings.iter().map(|sighting| &sighting.address);
            addresses.filter(|address| **address != inner.address).cloned().collect()
        };
        // Before anybody dials: what comes of it is to be counted.
        inner.settling.send_modify(|settling| settling.look(&seen));
        // One after another, and not all in the same order: the first that answers tells of the others, who then need
        // not be dialled, and nodes that start together do not all knock at the same door.
        let mut new = inner.keepers.take_over(&seen);
        new.sort_by_cached_key(|_| jitter());
        for (turn, (address, wanted)) in (0..).zip(new) {
            seeking::keep(inner, address, wanted, APART * turn);
        }
        if found.changed().await.is_err() {
            if inner.stopped().is_cancelled() {
                return;
            }
            tracing::error!("the engine has ended: no new nodes are found, and those that are known stay");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::future::BoxFuture;
    use tokio::time::{Instant, sleep};
    use tokio_util::sync::CancellationToken;

    use super::super::settling::Settling;
    use super::*;
    use crate::Node;
    use crate::discovery::{Announcement, Discovery, Sighting};
    use crate::testing::MemoryNetwork;
    use crate::transport::Transport;
    use crate::trust::Secret;

    /// Says what it is told to say.
    struct Scripted(watch::Receiver<Vec<&'static str>>);

    impl Engine for Scripted {
        fn run(
            mut self: Box<Self>,
            _: watch::Receiver<Announcement>,
            sightings: Sightings,
            stop: CancellationToken,
        ) -> BoxFuture<'static, ()> {
            async move {
                loop {
                    sightings.report(self.0.borrow_and_update().iter().copied().map(Sighting::at));
                    tokio::select! {
                        () = stop.cancelled() => return,
                        Ok(()) = self.0.changed() => {}
                    }
                }
            }
            .boxed()
        }
    }

    async fn launch(network: &MemoryNetwork, name: &str, discovery: Discovery) -> Node {
        let builder = Node::builder("test").name(name).listen(format!("{name}:1")).discovery(discovery);
        let builder = builder.secret(Secret::new([7; 32]).unwrap());
        builder.transport(Transport::Memory(network.clone())).start().await.unwrap()
    }

    /// A node that finds what is sent into the channel.
    async fn finder(network: &MemoryNetwork) -> (Node, watch::Sender<Vec<&'static str>>) {
        let node = launch(network, "finder", Discovery::single()).await;
        let (say, said) = watch::channel(Vec::new());
        start(node.inside(), Box::new(Scripted(said)));
        (node, say)
    }

    fn sees(node: &Node, other: &Node) -> bool {
        let linked = node.inside().door.peer(other.boot()).is_some();
        assert_eq!(linked, node.view().by_boot(other.boot()).is_some());
        linked
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_that_the_engine_sees_no_longer_stays_for_as_long_as_it_answers() {
        let network = MemoryNetwork::new();
        let other = launch(&network, "other", Discovery::single()).await;
        let (node, say) = finder(&network).await;
        say.send_replace(vec!["other:1"]);
        sleep(Duration::from_secs(1)).await;
        assert!(sees(&node, &other));
        say.send_replace(vec![]);
        for _ in 0..5 {
            sleep(Duration::from_secs(60)).await;
            assert!(sees(&node, &other));
            // A link that ends is no reason either.
            network.sever("finder:1", "other:1");
        }
        sleep(Duration::from_secs(3)).await;
        assert!(sees(&node, &other));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_without_a_node_is_tried_until_it_is_seen_no_longer() {
        let network = MemoryNetwork::new();
        let (node, say) = finder(&network).await;
        say.send_replace(vec!["late:1", "later:1"]);
        sleep(Duration::from_secs(60)).await;
        let late = launch(&network, "late", Discovery::single()).await;
        sleep(Duration::from_secs(6)).await;
        assert!(sees(&node, &late));
        say.send_replace(vec!["late:1"]);
        sleep(Duration::from_secs(6)).await;
        let dials = network.dials("later:1");
        assert!(dials > 10, "{dials}");
        let later = launch(&network, "later", Discovery::single()).await;
        sleep(Duration::from_secs(60)).await;
        assert!(!sees(&node, &later));
        assert_eq!(network.dials("later:1"), dials, "nobody sees it, so nobody dials");
        say.send_replace(vec!["later:1", "late:1"]);
        sleep(Duration::from_secs(1)).await;
        assert!(sees(&node, &later) && sees(&node, &late));
    }

    #[tokio::test(start_paused = true)]
    async fn one_seed_is_enough_and_of_a_list_each_is_tried() {
        let network = MemoryNetwork::new();
        let _up = launch(&network, "up", Discovery::single()).await;
        let _silent = launch(&network, "silent", Discovery::single()).await;
        // What is sent to it gets lost: the attempt ends when its time is up.
        network.cut("me:1", "silent:1");
        let addresses = ["me:1", "nobody:1", "silent:1", "up:1"];
        for (discovery, least, most) in [
            (Discovery::gossip(addresses), Duration::ZERO, Duration::from_millis(500)),
            (Discovery::fixed(addresses), Duration::from_secs(3), Duration::from_secs(4)),
        ] {
            let began = Instant::now();
            let node = launch(&network, "me", discovery).await;
            node.ready().await.unwrap();
            let took = began.elapsed();
            assert!((least..=most).contains(&took), "{took:?}");
            assert!(node.view().get("up").is_some());
            node.shutdown().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_says_nothing_holds_a_node_up_for_five_seconds_only() {
        struct Mute;
        impl Engine for Mute {
            fn run(
                self: Box<Self>,
                _: watch::Receiver<Announcement>,
                sightings: Sightings,
                _: CancellationToken,
            ) -> BoxFuture<'static, ()> {
                // It does not stop when it is told to, either.
                async move {
                    std::future::pending::<()>().await;
                    drop(sightings);
                }
                .boxed()
            }
        }
        let network = MemoryNetwork::new();
        let node = launch(&network, "me", Discovery::single()).await;
        sleep(Duration::from_millis(1)).await; // Its own engine has had its say.
        node.inside().settling.send_replace(Settling::new(crate::discovery::Enough::One, None));
        start(node.inside(), Box::new(Mute));
        let began = Instant::now();
        let mut settling = node.inside().settling.subscribe();
        settling.wait_for(|settling| settling.verdict().is_some()).await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 5);
        node.shutdown().await;
        assert!(began.elapsed() < Duration::from_secs(8), "it is not waited for");
    }
}
