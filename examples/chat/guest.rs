//! Somebody at the console of a node. All that there is to tell them goes into their lines.

use shard_runtime::{Error, Node, State};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::presence::{self, Presence};
use crate::room::{Room, RoomBroadcast, RoomShard};
use crate::{client, motd};

pub(crate) struct Guest {
    node: Node,
    me: State,
    all: RoomBroadcast,
    room: Option<RoomShard>,
    /// What listens to the room, and leaves it when it is dropped.
    listening: JoinSet<()>,
    _watching: JoinSet<()>,
    lines: mpsc::Sender<String>,
}

impl Guest {
    /// Sits down at a node that is ready.
    pub(crate) async fn new(
        node: Node,
        room: &Room,
        who: &str,
        lines: mpsc::Sender<String>,
    ) -> Result<Self, Error> {
        room.sign_in(who);
        let all = node.module::<Room>().create_broadcast();
        let here = node.module::<Room>().local_shard()?;
        motd::catch_up(&here, &all).await;
        let mut watching = JoinSet::new();
        let told = lines.clone();
        watching.spawn(async move { motd::watch(&here, &told).await });
        let me = State::new().with_actor(who);
        Ok(Self { node, me, all, room: None, listening: JoinSet::new(), _watching: watching, lines })
    }

    /// Leaves one room, and joins another.
    pub(crate) async fn join(&mut self, name: &str) {
        self.stand_up();
        let room = match self.node.module::<Room>().keyed_shard(format!("room:{name}")) {
            Ok(room) => room,
            Err(error) => return self.tell(format!("cannot join {name}: {error}")).await,
        };
        self.tell(client::greeting(&room, &self.me).await).await;
        match client::join(&room, &self.me).await {
            Ok(messages) => {
                self.tell(format!("joined, on node {}", messages.node())).await;
                let (joined, me, lines) = (room.clone(), self.me.clone(), self.lines.clone());
                self.listening.spawn(async move { client::listen(&joined, &me, messages, &lines).await });
                self.room = Some(room);
            }
            Err(why) => self.tell(why).await,
        }
    }

    pub(crate) async fn leave(&mut self) {
        let told = if self.stand_up() { "you have left" } else { "you are in no room" };
        self.tell(told.to_owned()).await;
    }

    /// The stream goes with the task that reads it, and so the room is told.
    fn stand_up(&mut self) -> bool {
        self.listening = JoinSet::new();
        self.room.take().is_some()
    }

    pub(crate) async fn say(&self, text: &str) {
        if let Some(told) = match &self.room {
            Some(room) => client::say(room, &self.me, text).await,
            None => Some("join a room first: `join ROOM`".to_owned()),
        } {
            self.tell(told).await;
        }
    }

    pub(crate) async fn typing(&self) {
        if let Some(room) = &self.room {
            client::typing(room, &self.me).await;
        }
    }

    pub(crate) async fn who(&self) {
        self.tell(Presence::ask(&self.all).await.to_string()).await;
    }

    pub(crate) async fn find(&self, who: &str) {
        self.tell(match presence::find(&self.all, who).await {
            Some(node) => format!("{who} is at node {node}"),
            None => format!("{who} is not online"),
        })
        .await;
    }

    /// The message of the day, of this user's room if they are in one.
    pub(crate) async fn motd(&self) {
        let here = self.room.clone().map_or_else(|| self.node.module::<Room>().local_shard(), Ok);
        self.tell(match here {
            Ok(room) => match room.motd().await {
                Ok(text) if text.is_empty() => "there is no message of the day".to_owned(),
                Ok(text) => format!("the message of the day is: {text}"),
                Err(error) => format!("no message of the day: {}", client::told(&error)),
            },
            Err(error) => format!("no message of the day: {error}"),
        })
        .await;
    }

    pub(crate) async fn set_motd(&self, text: &str) {
        self.tell(motd::set(&self.all, text).await).await;
    }

    async fn tell(&self, line: String) {
        // Who has left their lines is not told any more.
        drop(self.lines.send(line).await);
    }
}
