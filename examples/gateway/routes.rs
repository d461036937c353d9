//! What clients can ask for.

use std::collections::BTreeMap;

use axum::extract::{Path, State as Shared};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use shard_runtime::{Node, NodeName, Shard as _, ShardToken};

use crate::answer::Failure;
use crate::arena::Arena;
use crate::player::Player;

pub(crate) fn all(node: Node) -> Router {
    Router::new()
        .route("/arenas/{key}", post(enter))
        .route("/score", post(score))
        .route("/players", get(players))
        .with_state(node)
}

/// Gives the player a seat in an arena, and the shard to play it with: `{"id": "…"}`.
///
/// The token is bound to the player, so that whoever steals it has nothing.
async fn enter(
    Shared(node): Shared<Node>,
    player: Player,
    Path(key): Path<String>,
) -> Result<Json<ShardToken>, Failure> {
    let shard = node.module::<Arena>().create_shard(key)?;
    shard.join(&player.state()).await?;
    Ok(Json(shard.token().for_subject(&player.0).mint()))
}

#[derive(Deserialize)]
struct Score {
    shard: ShardToken,
    points: u64,
}

#[derive(Serialize)]
struct Scored {
    total: u64,
    /// The node that has the arena, and the one that was asked: for the curious.
    node: Option<NodeName>,
    through: String,
}

/// Plays a shard, wherever it is.
async fn score(
    Shared(node): Shared<Node>,
    player: Player,
    Json(score): Json<Score>,
) -> Result<Json<Scored>, Failure> {
    let state = player.state();
    let shard = node.module::<Arena>().get_shard_for(&state, &score.shard)?;
    let total = shard.score(&state, score.points).await?;
    Ok(Json(Scored { total, node: shard.node(), through: node.name().to_owned() }))
}

#[derive(Serialize)]
struct Players {
    players: BTreeMap<NodeName, usize>,
    /// Nodes that did not answer. The others' answers count all the same.
    errors: BTreeMap<NodeName, String>,
}

/// Asks every node at once.
async fn players(Shared(node): Shared<Node>) -> Json<Players> {
    let (errors, players) = node.module::<Arena>().create_broadcast().players().await.into_parts();
    let errors = errors.into_iter().map(|(node, error)| (node, error.to_string())).collect();
    Json(Players { players, errors })
}
