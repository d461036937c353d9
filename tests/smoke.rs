//! smoke
use shard_runtime::{Shard, State, sharded_module, testing::Cluster};
#[derive(Default)]
pub struct Arena;
#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum ArenaError {
    #[error("no")]
    No,
}
#[sharded_module]
impl Arena {
    pub async fn score(&self, state: &State, player: &str, points: u32) -> Result<u32, ArenaError> {
        if points == 0 {
            return Err(ArenaError::No);
        }
        tokio::task::yield_now().await;
        assert_eq!(state.key().as_str(), Some("arena-42"));
        Ok(points + player.len() as u32)
    }
    pub fn players(&self) -> usize {
        3
    }
    #[blocking]
    pub fn crunch(&self, data: &[u8]) -> u64 {
        data.iter().map(|b| u64::from(*b)).sum()
    }
}
#[tokio::test]
async fn smoke() -> Result<(), Box<dyn std::error::Error>> {
    let cluster = Cluster::of(3, |node| node.module(Arena)).await?;
    for i in 0..3 {
        let shard = cluster.node(i).module::<Arena>().create_shard("arena-42")?;
        println!("{shard:?} {}", Shard::is_local(&shard));
        assert_eq!(shard.score(&State::new(), "alice", 10).await?, 15);
        assert_eq!(shard.score(&State::new(), "alice", 0).await.unwrap_err().to_string(), "no");
        assert_eq!(shard.crunch(&[1, 2, 3]).await?, 6);
        let json = serde_json::to_string(&shard)?;
        println!("{json}");
    }
    let (errors, values) = cluster.node(0).module::<Arena>().create_broadcast().players().await.into_parts();
    assert!(errors.is_empty());
    assert_eq!(values.len(), 3);
    Ok(())
}
