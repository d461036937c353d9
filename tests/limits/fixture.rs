//! Modules with a limit, and what tests ask of them.

use std::collections::BTreeSet;
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{Node, ShardedModule, State, sharded_module};
use tokio::time::sleep;

/// Says where it runs.
macro_rules! module {
    ($(#[$options:meta])* $name:ident) => {
        #[derive(Default)]
        pub(crate) struct $name;

        $(#[$options])*
        impl $name {
            pub(crate) async fn here(&self, state: &State) -> String {
                state.node().map_or_else(String::new, |node| node.name().to_owned())
            }

            pub(crate) async fn stay(&self, millis: u64) {
                sleep(Duration::from_millis(millis)).await;
            }
        }
    };
}

module!(
    #[sharded_module(limit = 1)]
    Singleton
);
module!(
    #[sharded_module(limit = 3)]
    Trio
);
module!(
    #[sharded_module]
    Everywhere
);

/// The keys that tests ask about.
pub(crate) const KEYS: u64 = 300;

/// So many nodes that can all host all of these.
pub(crate) async fn cluster(size: usize) -> Cluster {
    Cluster::of(size, |node| node.module(Singleton).module(Trio).module(Everywhere)).await.unwrap()
}

/// The names of nodes, sorted.
pub(crate) type Names = BTreeSet<String>;

/// Every node that one of the keys is called on, from each of the nodes.
pub(crate) async fn called<'a>(nodes: impl Iterator<Item = &'a Node>) -> Names {
    let mut names = Names::new();
    for node in nodes {
        for key in 0..KEYS {
            let shard = node.module::<Trio>().keyed_shard(key).unwrap();
            names.insert(shard.here(&State::new()).await.unwrap());
        }
    }
    names
}

/// Where a node's broadcast gets answers from: nobody may fail to answer.
pub(crate) async fn broadcast(node: &Node) -> Names {
    let (errors, values) = node.module::<Trio>().create_broadcast().here(&State::new()).await.into_parts();
    assert!(errors.is_empty(), "{errors:?}");
    values.keys().map(ToString::to_string).collect()
}

/// The nodes that say of themselves that they run the module.
pub(crate) fn seated<'a, M: ShardedModule>(nodes: impl Iterator<Item = &'a Node>) -> Names {
    nodes.filter(|node| node.module::<M>().local_shard().is_ok()).map(|node| node.name().to_owned()).collect()
}
