//! One process with three nodes inside, which talk over real sockets. It says what it does and ends by
//! itself.
//!
//! ```text
//! cargo run --example quickstart
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shard_runtime::{CallError, Key, Node, Shard as _, ShardToken, State, sharded_module};

/// The arenas of one node. There is one such object per node, and it serves every key that is placed
/// there, so what belongs to one arena is kept under its key.
#[derive(Default)]
pub struct Arena {
    totals: Mutex<BTreeMap<(Key, String), u32>>,
}

/// What the module itself may answer instead of a value. It travels to the caller as it is.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub enum ArenaError {
    /// Nobody scores nothing.
    #[error("{player} cannot score zero points")]
    NoPoints {
        /// Who tried.
        player: String,
    },
}

#[sharded_module]
impl Arena {
    /// Adds points in the arena that the caller's shard names, and returns the player's new total.
    pub async fn score(&self, state: &State, player: &str, points: u32) -> Result<u32, ArenaError> {
        if points == 0 {
            return Err(ArenaError::NoPoints { player: player.to_owned() });
        }
        let total = self.add(state.key(), player, points);
        // Here a real game would await its database.
        tokio::task::yield_now().await;
        Ok(total)
    }

    /// How many players have scored on this node, once for each arena.
    pub fn players(&self) -> usize {
        self.totals().len()
    }

    /// `#[local]` methods cannot be called from other nodes.
    #[local]
    fn add(&self, arena: &Key, player: &str, points: u32) -> u32 {
        let mut totals = self.totals();
        let total = totals.entry((arena.clone(), player.to_owned())).or_default();
        *total += points;
        *total
    }

    #[local]
    fn totals(&self) -> MutexGuard<'_, BTreeMap<(Key, String), u32>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In earnest these are three machines with one list of addresses. Here each node is told of those
    // that were started before it.
    let north = start("north", &[]).await?;
    let east = start("east", &[&north]).await?;
    let south = start("south", &[&north, &east]).await?;
    all_linked(&[&north, &east, &south]).await;
    for member in north.members() {
        println!("node {} is up", member.name);
    }

    // Any node can place any key. Four arenas on three nodes: at least two share a node, and its one
    // `Arena` object tells them apart by the key that travels with each call.
    let arenas = north.module::<Arena>();
    let alice = State::new().with_actor("alice");
    for (key, points) in [("arena-1", 10), ("arena-2", 20), ("arena-3", 30), ("arena-42", 40)] {
        let shard = arenas.create_shard(key)?;
        let total = shard.score(&alice, "alice", points).await?;
        println!("{key} is on node {}: alice has {total} points there", name_of(&shard));
    }

    // A shard turns into JSON that may be given to a game client: it is signed, and good on any node.
    let shard = arenas.create_shard("arena-42")?;
    let json = serde_json::to_string(&shard)?;
    println!("the client gets {} bytes of JSON: {{\"id\":\"…\"}}", json.len());
    let token: ShardToken = serde_json::from_str(&json)?;
    for node in [&east, &south] {
        let again = node.module::<Arena>().get_shard(&token)?;
        let total = again.score(&alice, "alice", 1).await?;
        println!("played from node {}: alice has {total} points in {}", node.name(), again.key());
    }
    if let Err(refused) = south.module::<Arena>().get_shard(&ShardToken::from("forged")) {
        println!("a forged token is not: {refused}");
    }

    // An error of the module arrives as the value that it was, beside all that can go wrong on the way.
    // Where the kind does not matter, `?` takes both.
    match shard.score(&alice, "alice", 0).await {
        Ok(total) => println!("alice has {total} points"),
        Err(CallError::Module { error, node }) => println!("node {node} ran it and said: {error}"),
        Err(error) if error.is_not_started() => println!("safe to try again: {error}"),
        Err(error) => println!("it may have run: {error}"),
    }

    // Every node, each exactly once, in one of the two maps.
    let (errors, values) = arenas.create_broadcast().players().await.into_parts();
    for (node, players) in &values {
        println!("players seen by node {node}: {players}");
    }
    println!("{} answers, {} errors", values.len(), errors.len());

    // The node itself, by the same methods. The call stays in the process and encodes nothing.
    let here = south.module::<Arena>().local_shard()?;
    let total = here.score(&alice, "alice", 5).await?;
    println!("on node {} itself: local {}, {total} points", name_of(&here), here.is_local());

    for node in [south, east, north] {
        node.shutdown().await;
    }
    println!("done");
    Ok(())
}

async fn start(name: &str, peers: &[&Node]) -> Result<Node, shard_runtime::Error> {
    let node = Node::builder("quickstart")
        .name(name)
        .listen("127.0.0.1:0")
        .peers(peers.iter().map(|peer| peer.address()))
        .module(Arena::default())
        .start()
        .await?;
    node.ready().await?;
    Ok(node)
}

/// `ready` says that a node knows all others. The news of a new node takes a moment to get around, and this waits
/// until all nodes see that all take part.
async fn all_linked(nodes: &[&Node]) {
    while nodes.iter().any(|node| node.view().active_hosts("Arena").count() < nodes.len()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn name_of(shard: &ArenaShard) -> String {
    shard.node().map_or_else(|| "unknown".to_owned(), |node| node.to_string())
}
