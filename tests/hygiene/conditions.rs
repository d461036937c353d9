//! Methods that are not there in every build.

use std::error::Error;

use shard_runtime::{Node, sharded_module, testing::Cluster};

struct Arena;

#[cfg(not(any()))]
#[sharded_module]
impl Arena {
    #[cfg(any())]
    fn before(&self, missing: NoSuchType) -> NoSuchType {}

    #[cfg(not(any()))]
    fn twin(&self) -> u8 {
        1
    }

    #[cfg(any())]
    fn twin(&self) -> u8 {
        2
    }

    #[cfg(any())]
    #[blocking]
    fn between(&self) -> NoSuchResult {}

    fn last(&self) -> u8 {
        3
    }

    #[cfg(not(any()))]
    fn on_start(&self, _: &Node) {}

    #[cfg(any())]
    fn on_start(&self, node: &Node) {}
}

#[sharded_module]
#[cfg(any())]
impl Ring {
    fn score(&self) {}
}

#[tokio::test]
async fn rows_are_numbered_without_what_is_not_there() -> Result<(), Box<dyn Error>> {
    let cluster = Cluster::of(2, |node| node.module(Arena)).await?;
    for node in 0..2 {
        let shard = cluster.node(node).module::<Arena>().create_shard("key")?;
        assert_eq!(shard.twin().await?, 1);
        assert_eq!(shard.last().await?, 3);
    }
    Ok(())
}
