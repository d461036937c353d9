//! The module: the rooms that live on a node, and the people at its console.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures::Stream;
use serde::{Deserialize, Serialize};
use shard_runtime::{Attribute, Key, LeaveCause, NodeName, Slots, State, sharded_module};

use crate::message::{Mark, Message};
use crate::talk::Talk;

/// How long a line may be, in bytes.
const LONGEST: usize = 1024;

/// All rooms of this node. Which one a call is about, its key says.
#[derive(Default)]
pub(crate) struct Room {
    talks: Mutex<HashMap<Key, Arc<Talk>>>,
    online: Mutex<BTreeSet<String>>,
    motd: Attribute<String>,
}

/// Why something was not said.
#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum RoomError {
    #[error("there is nothing to say")]
    Empty,
    #[error("{0} bytes are too many for one line, {LONGEST} are not")]
    TooLong(usize),
}

#[sharded_module]
impl Room {
    /// What is said in the room `after` that mark, and then all that happens there, for as long as one listens.
    ///
    /// It ends when the room moves to another node.
    pub(crate) fn messages(&self, state: &State, after: Option<Mark>) -> impl Stream<Item = Message> {
        self.talk(state.key()).follow(name(state), after)
    }

    /// Says something to everybody in the room. Not idempotent: said twice is heard twice.
    #[timeout("2s")]
    pub(crate) fn say(&self, state: &State, text: &str) -> Result<(), RoomError> {
        match text.trim() {
            "" => Err(RoomError::Empty),
            text if text.len() > LONGEST => Err(RoomError::TooLong(text.len())),
            text => {
                self.talk(state.key()).say(name(state), text.to_owned());
                Ok(())
            }
        }
    }

    /// Tells the room that somebody is typing. Nobody waits for that to arrive, nor minds if it does not.
    #[oneway]
    pub(crate) fn typing(&self, state: &State) {
        self.talk(state.key()).tell(Message::Typing { from: name(state) });
    }

    /// Who sits at this node's console.
    pub(crate) fn online(&self) -> BTreeSet<String> {
        self.online.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The message of the day. Each node has its own, so it is set over a broadcast.
    #[attribute]
    pub(crate) fn motd(&self) -> &Attribute<String> {
        &self.motd
    }

    /// Ends the talks of rooms that are another node's now: who is in one joins it there.
    fn slots_leaving(&self, slots: &Slots, _to: Option<&NodeName>, _cause: LeaveCause) {
        self.talks.lock().unwrap_or_else(PoisonError::into_inner).retain(|room, _| !slots.contains(room));
    }

    /// Somebody sits down at this node's console.
    #[local]
    pub(crate) fn sign_in(&self, who: &str) {
        self.online.lock().unwrap_or_else(PoisonError::into_inner).insert(who.to_owned());
    }

    #[local]
    fn talk(&self, room: &Key) -> Arc<Talk> {
        let mut talks = self.talks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(talks.entry(room.clone()).or_insert_with(|| Arc::new(Talk::new())))
    }
}

/// Who calls.
fn name(state: &State) -> String {
    state.actor().unwrap_or("somebody").to_owned()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::{FutureExt as _, StreamExt as _};

    use super::*;

    #[tokio::test]
    async fn what_is_said_is_heard_and_what_is_no_line_is_not() {
        // A module is an ordinary object: its methods are called as they are.
        let room = Room::default();
        let alice = State::new().with_actor("alice");
        let mut heard = pin!(room.messages(&alice, None));
        assert_eq!(room.say(&alice, " "), Err(RoomError::Empty));
        assert_eq!(room.say(&alice, &"x".repeat(LONGEST + 1)), Err(RoomError::TooLong(LONGEST + 1)));
        assert_eq!(heard.next().now_or_never(), None);
        room.say(&alice, " hello ").unwrap();
        let Some(Message::Said { from, text, .. }) = heard.next().await else { panic!("nothing was said") };
        assert_eq!((from.as_str(), text.as_str()), ("alice", "hello"));
        room.typing(&State::new());
        assert_eq!(heard.next().await, Some(Message::Typing { from: "somebody".to_owned() }));
    }

    #[test]
    fn who_has_signed_in_is_online() {
        let room = Room::default();
        room.sign_in("bob");
        room.sign_in("alice");
        room.sign_in("bob");
        assert_eq!(room.online().into_iter().collect::<Vec<_>>(), ["alice", "bob"]);
    }
}
