//! A scene with three nodes in this process, one of which is killed. It says what happens and ends by itself.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use shard_runtime::Shard as _;
use shard_runtime::testing::Cluster;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::guest::Guest;
use crate::room::Room;

/// Far more than anything takes, so that only a fault meets it.
const LIMIT: Duration = Duration::from_secs(30);

/// A guest, and what they read.
struct Actor {
    name: &'static str,
    guest: Guest,
    lines: mpsc::Receiver<String>,
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let rooms = [(); 3].map(|()| Arc::new(Room::default()));
    let mut cluster = Cluster::builder();
    for room in rooms.clone() {
        cluster = cluster.node(|node| node.shared_module(room));
    }
    let mut cluster = cluster.start().await?;
    println!("three nodes, one user at each:");
    let mut ada = Actor::new("ada", 0, &cluster, &rooms).await?;
    let mut ben = Actor::new("ben", 1, &cluster, &rooms).await?;
    let mut cid = Actor::new("cid", 2, &cluster, &rooms).await?;

    // Set on each node, one by one, and watched on all.
    ada.guest.set_motd("be kind").await;
    ada.reads(&["message of the day: be kind", "3 of 3 nodes"]).await?;
    for actor in [&mut ben, &mut cid] {
        actor.reads(&["message of the day: be kind"]).await?;
    }

    let room = room_of(&cluster, 2)?;
    println!("they meet in a room that node-2 has:");
    for actor in [&mut ada, &mut ben, &mut cid] {
        actor.guest.join(&room).await;
        actor.reads(&["joined, on node node-2"]).await?;
    }
    ben.guest.typing().await;
    ada.reads(&["ben is typing"]).await?;
    ben.guest.say("hello, is anybody here?").await;
    for actor in [&mut ada, &mut ben, &mut cid] {
        actor.reads(&["ben: hello"]).await?;
    }
    ben.guest.say("").await;
    ben.reads(&["not said: there is nothing to say"]).await?;
    ben.guest.who().await;
    ben.reads(&["3 online"]).await?;
    ben.guest.find("cid").await;
    ben.reads(&["cid is at node node-2"]).await?;

    println!("node-2 is killed, with cid at it:");
    cluster.kill(2);
    drop(cid);
    for actor in [&mut ada, &mut ben] {
        actor.reads(&["lost the room"]).await?;
    }
    // Until the others have given it up, which takes four to five seconds, its rooms are nowhere.
    for actor in [&mut ada, &mut ben] {
        actor.reads(&["joined again"]).await?;
    }
    ada.guest.say("ben, are you still there?").await;
    ben.reads(&["ada: ben, are you still there?"]).await?;
    cluster.settled().await;
    ben.guest.who().await;
    ben.reads(&["2 online: ada (node-0), ben (node-1)"]).await?;

    println!("ben leaves:");
    ben.guest.leave().await;
    ada.reads(&["ben has gone"]).await?;
    drop((ada, ben));
    for node in cluster.nodes() {
        node.shutdown().await;
    }
    println!("done");
    Ok(())
}

impl Actor {
    async fn new(
        name: &'static str,
        at: usize,
        cluster: &Cluster,
        rooms: &[Arc<Room>; 3],
    ) -> Result<Self, Box<dyn Error>> {
        let (to, lines) = mpsc::channel(64);
        let guest = Guest::new(cluster.node(at).clone(), &rooms[at], name, to).await?;
        Ok(Self { name, guest, lines })
    }

    /// Prints what the actor reads, up to the line with which each part has been in one.
    async fn reads(&mut self, parts: &[&str]) -> Result<(), Box<dyn Error>> {
        let mut missing = parts.to_vec();
        while !missing.is_empty() {
            let line = timeout(LIMIT, self.lines.recv()).await;
            let line = line.map_err(|_| format!("{} waits in vain for {missing:?}", self.name))?;
            let line =
                line.ok_or_else(|| format!("{} reads nothing more, and not {missing:?}", self.name))?;
            println!("  {} reads: {line}", self.name);
            missing.retain(|part| !line.contains(part));
        }
        Ok(())
    }
}

/// A room that lives on the node.
fn room_of(cluster: &Cluster, index: usize) -> Result<String, Box<dyn Error>> {
    let node = cluster.node(index);
    for number in 0..1000 {
        let name = format!("talk-{number}");
        let room = node.module::<Room>().keyed_shard(format!("room:{name}"))?;
        if room.is_local() {
            return Ok(name);
        }
    }
    Err("a node without any of a thousand rooms".into())
}
