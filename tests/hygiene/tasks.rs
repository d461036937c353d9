//! Calls in tasks, side by side and behind each other: their futures are `Send`, whatever they borrow.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::{State, sharded_module, testing::Cluster};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Player {
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct View<'a> {
    name: &'a str,
}

struct Arena;

#[sharded_module]
impl Arena {
    /// Two borrows that are tied together.
    async fn tied<'x>(&'x self, first: &'x str, second: &'x Player) -> usize {
        tokio::task::yield_now().await;
        first.len() + second.name.len()
    }

    /// Every kind of borrow, used after the method has waited.
    #[expect(clippy::too_many_arguments, reason = "one of each kind")]
    async fn every_kind(
        &self,
        state: &State,
        text: &str,
        bytes: &[u8],
        players: &[Player],
        player: &Player,
        maybe: Option<&str>,
        cow: Cow<'_, str>,
        view: View<'_>,
        texts: &[&str],
    ) -> Result<String, String> {
        tokio::task::yield_now().await;
        let key = state.key().as_str().unwrap_or_default().to_owned();
        let maybe = maybe.ok_or("nothing")?;
        let name = &player.name;
        Ok(format!("{key} {text} {bytes:?} {} {name} {maybe} {cow} {} {texts:?}", players.len(), view.name))
    }

    /// Blocks of bytes, there and back.
    async fn echo(&self, bytes: Vec<u8>, fail: bool) -> Result<Vec<u8>, String> {
        if fail { Err(String::from("asked to")) } else { Ok(bytes) }
    }

    #[blocking]
    fn reversed(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.iter().rev().copied().collect()
    }

    /// A method that calls its own shard, which needs a box.
    async fn countdown(&self, state: &State, from: u32) -> u32 {
        let Some(next) = from.checked_sub(1) else { return 0 };
        let Ok(shard) = state.module::<Arena>().create_shard("countdown") else { return 0 };
        1 + Box::pin(shard.countdown(state, next)).await.unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_live_in_tasks() -> Result<(), Box<dyn Error>> {
    let cluster = Cluster::of(2, |node| node.module(Arena)).await?;
    for node in 0..2 {
        let shard = cluster.node(node).module::<Arena>().create_shard("arena-42")?;

        let spawned = shard.clone();
        let length = tokio::spawn(async move {
            let player = Player { name: String::from("alice") };
            spawned.tied("bob", &player).await
        });
        assert_eq!(length.await??, 8);

        let player = Player { name: String::from("carol") };
        let calls = (0..4).map(|_| shard.tied("bob", &player));
        assert!(futures::future::join_all(calls).await.into_iter().all(|length| length.ok() == Some(8)));

        tokio::select! {
            length = shard.tied("bob", &player) => assert_eq!(length?, 8),
            () = tokio::time::sleep(Duration::from_secs(30)) => panic!("no answer"),
        }

        let (state, view) = (State::new(), View { name: "dave" });
        let players = [player.clone(), player.clone()];
        let all = shard.every_kind(
            &state,
            "text",
            &[1, 2],
            &players,
            &player,
            Some("some"),
            Cow::Borrowed("cow"),
            view,
            &["a", "b"],
        );
        assert_eq!(all.await?, r#"arena-42 text [1, 2] 2 carol some cow dave ["a", "b"]"#);
        assert_eq!(shard.echo(vec![7; 100_000], false).await?, vec![7; 100_000]);
        assert_eq!(shard.echo(Vec::new(), true).await.unwrap_err().to_string(), "asked to");
        assert_eq!(shard.reversed(&[1, 2, 3]).await?, [3, 2, 1]);
        assert_eq!(shard.countdown(&state, 3).await?, 3);
    }
    Ok(())
}
