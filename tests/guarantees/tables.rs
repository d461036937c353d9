//! Sentence 4: nodes of the same digest place every key alike, whatever happened to either.

use std::collections::{BTreeMap, BTreeSet};

use shard_runtime::testing::Cluster;
use shard_runtime::{ModuleHandle, Node, NodeBuilder, Shard, ShardedModule, sharded_module};
use tokio::time::sleep;

use crate::ledger::ms;

const KEYS: u64 = 10_000;

macro_rules! module {
    ($(#[$options:meta])* $name:ident) => {
        #[derive(Default)]
        struct $name;

        $(#[$options])*
        impl $name {
            fn nothing(&self) {}
        }
    };
}

module!(
    #[sharded_module]
    Everywhere
);
module!(
    #[sharded_module(limit = 1)]
    Singleton
);
module!(
    #[sharded_module(limit = 3)]
    Trio
);
module!(
    #[sharded_module(role = "even")]
    Even
);

fn setup(node: NodeBuilder, index: usize) -> NodeBuilder {
    let node = node.module(Everywhere).module(Singleton).module(Trio).module(Even);
    if index.is_multiple_of(2) { node.role("even") } else { node }
}

/// For each module the owners of all keys, each as its place in the list of the members.
type Tables = Vec<Vec<Option<u8>>>;

fn tables(node: &Node) -> Tables {
    fn of<M: ShardedModule>(node: &Node, module: &ModuleHandle<M>) -> Vec<Option<u8>>
    where
        M::Shard: Shard,
    {
        let view = node.view();
        let place = |name: &str| {
            let found = view.members().iter().position(|member| member.name.as_str() == name);
            u8::try_from(found.unwrap()).unwrap()
        };
        (0..KEYS)
            .map(|key| module.keyed_shard(key).unwrap().node().map(|owner| place(owner.as_str())))
            .collect()
    }
    vec![
        of(node, &node.module::<Everywhere>()),
        of(node, &node.module::<Singleton>()),
        of(node, &node.module::<Trio>()),
        of(node, &node.module::<Even>()),
    ]
}

/// The tables of each view that any node has had.
#[derive(Default)]
struct Seen {
    tables: BTreeMap<u64, Tables>,
    by: BTreeSet<(u64, String)>,
}

impl Seen {
    /// Looks at every node's present view.
    fn look(&mut self, cluster: &Cluster) {
        for node in cluster.nodes() {
            let digest = node.view().digest();
            if node.module::<Everywhere>().keyed_shard(0).is_err()
                || !self.by.insert((digest, node.name().into()))
            {
                continue;
            }
            let tables = tables(node);
            let known = self.tables.entry(digest).or_insert_with(|| tables.clone());
            assert!(*known == tables, "{} has other tables for {digest:#x}", node.name());
        }
    }

    /// Looks for so long, every 20 ms.
    async fn watch(&mut self, cluster: &Cluster, millis: u64) {
        for _ in 0..millis / 20 {
            self.look(cluster);
            sleep(ms(20)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn s4_whoever_has_the_same_digest_has_the_same_tables_through_joins_deaths_and_drains() {
    let mut builder = Cluster::builder();
    for index in 0..6 {
        builder = builder.node(move |node| setup(node, index));
    }
    let mut cluster = builder.start().await.unwrap();
    let mut seen = Seen::default();
    seen.look(&cluster);
    assert_eq!(seen.tables.len(), 1);
    for (dies, drains, deaf) in [(5, 2, 0), (1, 4, 3)] {
        // Not all hear of it at once.
        cluster.hold_news(deaf);
        cluster.kill(dies);
        seen.watch(&cluster, 3_000).await;
        cluster.release_news(deaf);
        seen.watch(&cluster, 2_500).await;
        cluster.settled().await;
        seen.look(&cluster);
        let leaver = cluster.node(drains).clone();
        tokio::spawn(async move { leaver.shutdown().await });
        seen.watch(&cluster, 2_000).await;
        cluster.restart(dies, |node| setup(node, dies)).await.unwrap();
        cluster.hold_news(deaf);
        seen.watch(&cluster, 1_000).await;
        cluster.release_news(deaf);
        seen.watch(&cluster, 1_000).await;
        cluster.kill(drains);
        cluster.restart(drains, |node| setup(node, drains)).await.unwrap();
        cluster.settled().await;
        seen.look(&cluster);
    }
    let shared = seen.by.len() - seen.tables.len();
    println!("{} views, {} of them on more than one node", seen.tables.len(), shared);
    assert!(seen.tables.len() >= 8 && shared >= 20, "{} views, shared {shared} times", seen.tables.len());
    let distinct: BTreeSet<_> = seen.tables.values().collect();
    assert!(distinct.len() >= 5, "what has happened did move keys: {}", distinct.len());
    let last = &seen.tables[&cluster.node(0).view().digest()];
    let owners = |module: usize| last[module].iter().flatten().collect::<BTreeSet<_>>();
    assert_eq!([0, 1, 2, 3].map(|module| owners(module).len()), [6, 1, 3, 3]);
    assert!(owners(3).iter().all(|owner| owner.is_multiple_of(2)));
}
