//! Two versions of a program that differ in a module's limit.

use shard_runtime::testing::Cluster;
use shard_runtime::{NodeBuilder, Shard as _, ShardedModule, State, sharded_module};

/// The module as three releases have it.
macro_rules! release {
    ($name:ident, $($limit:tt)*) => {
        pub(crate) struct $name;

        #[sharded_module(name = "Match" $($limit)*)]
        impl $name {
            pub(crate) async fn here(&self, state: &State) -> String {
                state.node().map_or_else(String::new, |node| node.name().to_owned())
            }
        }
    };
}

release!(First, , limit = 1);
release!(Second, , limit = 3);
release!(Last,);

/// How many nodes have keys, from where a node stands that has this release.
fn hosts<M: ShardedModule>(cluster: &Cluster, node: usize) -> usize {
    let module = cluster.node(node).module::<M>();
    let owners = (0..300).map(|key| module.create_shard(key).unwrap().node().unwrap());
    owners.collect::<std::collections::BTreeSet<_>>().len()
}

#[tokio::test(start_paused = true)]
async fn the_newest_versions_limit_counts_everywhere() {
    let mut cluster = Cluster::of(5, |node| node.module(First).version("1.9")).await.unwrap();
    assert_eq!(hosts::<First>(&cluster, 0), 1);

    // One of five is a release further: ten is more than nine.
    cluster.kill(4);
    cluster.restart(4, |node: NodeBuilder| node.module(Second).version("1.10")).await.unwrap();
    cluster.settled().await;
    let digests: Vec<_> = cluster.nodes().map(|node| node.view().digest()).collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]));
    for node in 0..4 {
        assert_eq!(hosts::<First>(&cluster, node), 3, "node {node} has limit 1 itself");
        assert_eq!(cluster.node(node).view().limit("Match"), Some(3));
    }
    assert_eq!(hosts::<Second>(&cluster, 4), 3);
    let shard = cluster.node(0).module::<First>().keyed_shard("a").unwrap();
    assert_eq!(shard.here(&State::new()).await.unwrap(), shard.node().unwrap().as_str());

    // The next one has none.
    cluster.kill(3);
    cluster.restart(3, |node: NodeBuilder| node.module(Last).version("2")).await.unwrap();
    cluster.settled().await;
    assert_eq!((hosts::<First>(&cluster, 0), hosts::<Second>(&cluster, 4)), (5, 5));

    // It was withdrawn.
    cluster.kill(3);
    cluster.settled().await;
    assert_eq!(hosts::<First>(&cluster, 0), 3);
}

#[tokio::test(start_paused = true)]
async fn of_one_version_the_smaller_limit_counts() {
    let builder = Cluster::builder();
    let builder = builder.node(|node| node.module(Second).version("1"));
    let builder = builder.node(|node| node.module(First).version("1"));
    let cluster = builder.node(|node| node.module(Last).version("1")).start().await.unwrap();
    assert_eq!(
        (hosts::<Second>(&cluster, 0), hosts::<First>(&cluster, 1), hosts::<Last>(&cluster, 2)),
        (1, 1, 1)
    );
}
