//! Types and modules of the user's that are called like the standard library's.

use serde::{Deserialize, Serialize};
use shard_runtime::sharded_module;

mod core {}
mod std {}
mod shard_runtime_ {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Box(u8);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct String;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Option<T> {
    Some(T),
}

type Result<T> = ::core::result::Result<T, Box>;

/// The user's own, never a context unless it is `&State` in the first place.
mod chess {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct State(pub(crate) u8);
}

#[expect(dead_code, reason = "the names are the test")]
mod names {
    pub(crate) struct Future;
    pub(crate) struct Send;
    pub(crate) struct Clone;
    pub(crate) struct Shard;
    pub(crate) struct Vec;
}

#[expect(unused_imports, reason = "the names are the test")]
use names::{Clone, Future, Send, Shard, Vec};

struct Arena;

#[sharded_module]
impl Arena {
    async fn option(&self, option: Option<Box>, name: &String) -> Option<Box> {
        let _ = name;
        option
    }

    async fn result(&self, points: u8) -> Result<u8> {
        if points == 0 { Err(Box(1)) } else { Ok(points) }
    }

    fn board(&self, state: chess::State, other: &chess::State) -> u8 {
        state.0 + other.0
    }
}

#[tokio::test]
async fn the_users_types_travel() -> ::core::result::Result<(), ::std::boxed::Box<dyn ::core::error::Error>> {
    let cluster = ::shard_runtime::testing::Cluster::of(2, |node| node.module(Arena)).await?;
    for node in 0..2 {
        let shard = cluster.node(node).module::<Arena>().create_shard("key")?;
        assert_eq!(shard.option(Option::Some(Box(3)), &String).await?, Option::Some(Box(3)));
        assert_eq!(shard.result(4).await.ok(), Some(4));
        assert!(shard.result(0).await.is_err());
        assert_eq!(shard.board(chess::State(1), &chess::State(2)).await?, 3);
    }
    Ok(())
}
