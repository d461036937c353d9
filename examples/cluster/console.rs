//! The commands.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shard_runtime::{CallError, Node, Shard as _, State};

use crate::arena::{Arena, ArenaShard};
use crate::flood;

const HELP: &str = "\
create KEY            place a key: from now on its shard names one boot of one node
score KEY PLAYER N    add N points over the shard of a key that was created
meet KEY PLAYER N     the same, on whichever node owns the key now; nothing need be created
players               ask every node how many players it has
nodes                 the cluster as this node sees it
stats                 what was executed on this node, by player
flood KEY N [MS]      make N calls that take MS (4000) milliseconds each; tells when all have ended
help                  this text
quit                  leave the cluster in order";

pub(crate) struct Console {
    node: Node,
    arena: Arc<Arena>,
    /// Shards are kept, so that one can be seen to outlive its node: its calls then fail at once, and
    /// `create` makes a new one.
    shards: BTreeMap<String, ArenaShard>,
    floods: usize,
}

impl Console {
    pub(crate) fn new(node: Node, arena: Arc<Arena>) -> Self {
        Self { node, arena, shards: BTreeMap::new(), floods: 0 }
    }

    /// Does what a line says; breaks when it says to quit.
    pub(crate) async fn run(&mut self, line: &str) -> ControlFlow<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [] => {}
            ["create", key] => self.create(key),
            [command @ ("score" | "meet"), key, player, points] => match points.parse() {
                Ok(points) if command == "meet" => self.meet(key, player, points).await,
                Ok(points) => self.score(key, player, points).await,
                Err(_) => println!("`{points}` is not a number of points"),
            },
            ["players"] => self.players().await,
            ["nodes"] => self.nodes(),
            ["stats"] => self.stats(),
            ["flood", key, count] => self.flood(key, count, "4000"),
            ["flood", key, count, millis] => self.flood(key, count, millis),
            ["help"] => println!("{HELP}"),
            ["quit"] => return ControlFlow::Break(()),
            [command, ..] => println!("`{command}` is no command, or lacks something: see `help`"),
        }
        ControlFlow::Continue(())
    }

    fn create(&mut self, key: &str) {
        match self.node.module::<Arena>().create_shard(key) {
            Ok(shard) => {
                let boot = shard.boot().map_or_else(String::new, |boot| format!(" (boot {boot})"));
                println!("{key} is on node {}{boot}", node_of(&shard));
                self.shards.insert(key.to_owned(), shard);
            }
            Err(error) => println!("no shard: {error}"),
        }
    }

    async fn score(&self, key: &str, player: &str, points: u64) {
        if let Some(shard) = self.shard(key) {
            score(shard, key, player, points).await;
        }
    }

    /// Needs no `create`, and none again after a node has died: a keyed shard follows its key.
    async fn meet(&self, key: &str, player: &str, points: u64) {
        match self.node.module::<Arena>().keyed_shard(key) {
            Ok(shard) => score(&shard, key, player, points).await,
            Err(error) => println!("no shard: {error}"),
        }
    }

    async fn players(&self) {
        let start = Instant::now();
        let replies = self.node.module::<Arena>().create_broadcast().players().await;
        let after = Millis(start.elapsed());
        let (errors, values) = replies.into_parts();
        for (node, players) in &values {
            println!("node {node}: {players} players");
        }
        for (node, error) in &errors {
            println!("node {node}: {}", describe(error));
        }
        println!("{} answers, {} errors ({after})", values.len(), errors.len());
    }

    fn nodes(&self) {
        let members = self.node.members();
        for member in &members {
            let here = if member.boot == self.node.boot() { ", this one" } else { "" };
            println!("node {}: {}, boot {}{here}", member.name, member.address, member.boot);
        }
        println!("{} nodes", members.len());
    }

    fn stats(&self) {
        let calls = self.arena.calls();
        for (player, count) in &calls {
            println!("player {player}: {count} calls");
        }
        let total: u64 = calls.values().sum();
        println!("{total} calls executed on node {}, {} running", self.node.name(), self.node.running());
    }

    /// Does not wait: other commands can be given while the calls are in flight.
    fn flood(&mut self, key: &str, count: &str, millis: &str) {
        let (Ok(count), Ok(millis)) = (count.parse(), millis.parse()) else {
            return println!("`{count}` and `{millis}` must be numbers");
        };
        let Some(shard) = self.shard(key).cloned() else { return };
        self.floods += 1;
        let name = format!("{}-flood-{}", self.node.name(), self.floods);
        println!("{name}: {count} calls to node {}", node_of(&shard));
        tokio::spawn(flood::run(name, shard, count, millis));
    }

    fn shard(&self, key: &str) -> Option<&ArenaShard> {
        let shard = self.shards.get(key);
        if shard.is_none() {
            println!("there is no shard of {key} here: `create {key}` first");
        }
        shard
    }
}

async fn score(shard: &ArenaShard, key: &str, player: &str, points: u64) {
    let start = Instant::now();
    let outcome = shard.score(&State::new().with_actor(player), player, points).await;
    let after = Millis(start.elapsed());
    match outcome {
        Ok(total) => {
            println!("ok: {player} has {total} points in {key} (node {}, {after})", node_of(shard));
        }
        Err(error) => println!("{} (node {}, {after})", describe(&error), node_of(shard)),
    }
}

/// How a call failed, the kind first: it says whether the method ran.
fn describe<E: Display>(error: &CallError<E>) -> String {
    match error {
        CallError::NotStarted { reason, .. } => format!("not started: {reason}"),
        CallError::Unknown { reason, .. } => format!("unknown: {reason}"),
        CallError::Module { error, .. } => format!("the module says: {error}"),
        CallError::Panicked { message, .. } => format!("panicked: {message}"),
        other => format!("failed: {other}"),
    }
}

fn node_of(shard: &ArenaShard) -> String {
    shard.node().map_or_else(|| "unknown".to_owned(), |node| node.to_string())
}

pub(crate) struct Millis(pub(crate) Duration);

impl Display for Millis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ms", self.0.as_millis())
    }
}
