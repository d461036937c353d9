//! Arguments and methods called like anything that generated code, or the trait `Shard`, has names for.

use std::error::Error;

use shard_runtime::{Shard, State, sharded_module, testing::Cluster};

struct Arena;

#[sharded_module]
impl Arena {
    #[expect(clippy::too_many_arguments, reason = "the more names the better")]
    async fn first(
        &self,
        self_: u64,
        ctx: u64,
        context: u64,
        rpc: u64,
        params: u64,
        reply_tx: u64,
        key: u64,
        node: u64,
        deadline: u64,
        result: u64,
        r#type: u64,
        state: u64,
        link: u64,
        f: u64,
        serializer: u64,
        arg0: u64,
    ) -> Vec<u64> {
        let (first, second) = ([self_, ctx, context, rpc, params, reply_tx, key, node], [deadline, result]);
        let third = [r#type, state, link, f, serializer, arg0];
        [&first[..], &second, &third].concat()
    }

    async fn second(&self, context: &State, __m: &str, __s: &[u8], __a: &u64, __link: &[u64]) -> String {
        let key = context.key();
        format!("{} {__m} {__s:?} {__a} {__link:?}", key.as_str().unwrap_or_default())
    }

    fn patterns(&self, _: &State, (a, b): (u8, u8), _: u8, mut c: u8, arg0: u8) -> u8 {
        c += a + b;
        c + arg0
    }

    fn key(&self) -> u8 {
        1
    }

    fn node(&self) -> u8 {
        2
    }

    fn token(&self) -> u8 {
        3
    }

    fn clone(&self) -> u8 {
        4
    }

    fn fmt(&self) -> u8 {
        5
    }

    fn call(&self) -> u8 {
        6
    }

    fn serialize(&self) -> u8 {
        7
    }

    fn enter(&self) -> u8 {
        8
    }

    fn core(&self) -> u8 {
        9
    }

    fn r#match(&self) -> u8 {
        10
    }

    fn drop(&self) -> u8 {
        11
    }
}

#[tokio::test]
async fn hostile_names_are_just_names() -> Result<(), Box<dyn Error>> {
    let cluster = Cluster::of(2, |node| node.module(Arena)).await?;
    for node in 0..2 {
        let shard = cluster.node(node).module::<Arena>().create_shard("arena-42")?;
        let counted = shard.first(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).await?;
        assert_eq!(counted, (0..16).collect::<Vec<u64>>());
        assert_eq!(shard.second(&State::new(), "m", &[1], &2, &[3]).await?, "arena-42 m [1] 2 [3]");
        assert_eq!(shard.patterns(&State::new(), (1, 2), 9, 3, 4).await?, 10);
        let numbers = [
            shard.key().await?,
            shard.node().await?,
            shard.token().await?,
            shard.clone().await?,
            shard.fmt().await?,
            shard.call().await?,
            shard.serialize().await?,
            shard.enter().await?,
            shard.core().await?,
            shard.r#match().await?,
            shard.drop().await?,
        ];
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(Shard::key(&shard).as_str(), Some("arena-42"));
        assert!(format!("{:?}", Clone::clone(&shard)).contains("arena-42"));
    }
    Ok(())
}
