//! Roles: who may host a module at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, Error, Node, NotStarted, Shard as _, State, sharded_module};

/// Counts its starts and its ends.
#[derive(Default)]
struct Match {
    started: AtomicUsize,
    stopped: AtomicUsize,
}

#[sharded_module(role = "match", limit = 2)]
impl Match {
    fn on_start(&self, _: &Node) {
        self.started.fetch_add(1, Ordering::SeqCst);
    }

    fn on_stop(&self, _: &Node) {
        self.stopped.fetch_add(1, Ordering::SeqCst);
    }

    fn here(&self, state: &State) -> String {
        assert_eq!(self.counts().0, 1, "it was started");
        state.node().map_or_else(String::new, |node| node.name().to_owned())
    }
}

impl Match {
    fn counts(&self) -> (usize, usize) {
        (self.started.load(Ordering::SeqCst), self.stopped.load(Ordering::SeqCst))
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_without_the_role_calls_and_does_not_host() {
    let modules: Vec<Arc<Match>> = (0..4).map(|_| Arc::default()).collect();
    let mut builder = Cluster::builder();
    for (module, roles) in modules.iter().zip([&["lobby", "match"][..], &["lobby"], &["match"], &[]]) {
        let module = Arc::clone(module);
        builder = builder.node(|node| node.shared_module(module).role("all").roles(roles.iter().copied()));
    }
    let cluster = builder.start().await.unwrap();
    for node in cluster.nodes() {
        let view = node.view();
        let roles: Vec<_> = view.members().iter().map(|member| member.roles.join(",")).collect();
        assert_eq!(roles, ["all,lobby,match", "all,lobby", "all,match", "all"], "as {} sees it", node.name());
        let hosts: Vec<_> = view.hosts("Match").map(|member| member.name.to_string()).collect();
        assert_eq!(hosts, ["node-0", "node-2"]);
        let limits: Vec<_> =
            view.members().iter().flat_map(|member| &member.modules).map(|m| m.limit).collect();
        assert_eq!(limits, [Some(2), Some(2)]);
        for key in 0..50 {
            let shard = node.module::<Match>().keyed_shard(key).unwrap();
            let there = shard.here(&State::new()).await.unwrap();
            assert!(["node-0", "node-2"].contains(&there.as_str()), "{there}");
            assert_eq!(shard.node().unwrap(), there.as_str());
        }
        let (errors, values) =
            node.module::<Match>().create_broadcast().here(&State::new()).await.into_parts();
        assert_eq!((errors.len(), values.len()), (0, 2));
        let hosts = hosts.contains(&node.name().to_owned());
        assert_eq!(node.module::<Match>().local_shard().is_ok(), hosts);
    }
    for index in 0..4 {
        cluster.node(index).shutdown().await;
    }
    let counts: Vec<_> = modules.iter().map(|module| module.counts()).collect();
    assert_eq!(counts, [(1, 1), (0, 0), (1, 1), (0, 0)], "no hook runs where it is not hosted");
}

#[tokio::test(start_paused = true)]
async fn nobody_with_the_role_is_nobody() {
    let cluster = Cluster::of(2, |node| node.module(Match::default()).role("mathc")).await.unwrap();
    let matches = cluster.node(0).module::<Match>();
    assert!(matches!(matches.create_shard("a"), Err(Error::NoHost { .. })));
    assert!(matches!(matches.local_shard(), Err(Error::NoHost { .. })));
    let error = matches.keyed_shard("a").unwrap().here(&State::new()).await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { reason: NotStarted::NoHost { .. }, .. }), "{error}");
    assert!(matches.create_broadcast().here(&State::new()).await.is_empty());
}

#[tokio::test]
async fn a_role_that_is_none_is_refused() {
    for wrong in ["", "two words", &"r".repeat(65)] {
        let error = Node::builder("game").role(wrong).start().await.unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error}");
    }
}
