//! One user in one room: what is told to people when calls go well, and when they do not.
//!
//! All of this uses shards and knows no node, which is how the tests below can do without one.

use std::time::Duration;

use shard_runtime::{CallError, Incoming, Shard as _, State, Unknown};
use tokio::sync::mpsc;

use crate::message::{Mark, Message};
use crate::room::{RoomError, RoomShard};

/// How long to wait before one asks again for a room that cannot be reached. It is doubled up to the second.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a user reads who joins.
pub(crate) async fn greeting(room: &RoomShard, me: &State) -> String {
    let welcome = format!("welcome to {}, {}", room.key(), name(me));
    match room.motd().await {
        Ok(motd) if motd.is_empty() => welcome,
        Ok(motd) => format!("{welcome}: {motd}"),
        // One can talk without it.
        Err(error) => format!("{welcome} (no message of the day: {})", told(&error)),
    }
}

/// Says something, and returns what there is to tell of it: nothing, if it went well, since one hears oneself.
pub(crate) async fn say(room: &RoomShard, me: &State, text: &str) -> Option<String> {
    match room.say(me, text).await {
        Ok(()) => None,
        Err(CallError::Module { error: error @ (RoomError::Empty | RoomError::TooLong(_)), .. }) => {
            Some(format!("not said: {error}"))
        }
        Err(error) if error.is_not_started() => Some(format!("not said, try again: {}", told(&error))),
        // Only the user can tell whether to say it twice is worse than not at all.
        Err(error) => Some(format!("perhaps said, perhaps not: {}", told(&error))),
    }
}

/// Tells the room that the user is typing.
pub(crate) async fn typing(room: &RoomShard, me: &State) {
    // Not worth a word if it cannot be told.
    drop(room.typing(me).await);
}

/// Joins the room, or says why that cannot be.
pub(crate) async fn join(room: &RoomShard, me: &State) -> Result<Incoming<Message>, String> {
    let joined = room.messages(me, None).await;
    joined.map_err(|error| format!("cannot join {}: {}", room.key(), told(&error)))
}

/// Hands on a line for each thing that happens in a room that was joined, until nobody takes the lines any more.
/// Dropping it leaves the room.
///
/// When the stream ends the room is joined again: the shard follows its key to whichever node has it then.
pub(crate) async fn listen(
    room: &RoomShard,
    me: &State,
    mut messages: Incoming<Message>,
    lines: &mpsc::Sender<String>,
) {
    let mut heard = None;
    loop {
        let Ok(why) = hand_on(messages, &mut heard, lines).await else { return };
        if lines.send(format!("{why}, joining again")).await.is_err() {
            return;
        }
        messages = rejoined(room, me, heard).await;
        if lines.send(format!("joined again, on node {}", messages.node())).await.is_err() {
            return;
        }
    }
}

/// Hands on what is heard up to the end of the stream, and says why that has come.
async fn hand_on(
    mut messages: Incoming<Message>,
    heard: &mut Option<Mark>,
    lines: &mpsc::Sender<String>,
) -> Result<String, mpsc::error::SendError<String>> {
    loop {
        match messages.next().await {
            Some(Ok(message)) => {
                if let Message::Said { at, .. } = &message {
                    *heard = Some(*at);
                }
                lines.send(line(message)).await?;
            }
            Some(Err(error)) => return Ok(format!("lost the room ({})", told(&error))),
            None => return Ok("the room moves".to_owned()),
        }
    }
}

/// Asks until there is an answer: nobody knows how long it takes until the others have noticed that a node is gone.
async fn rejoined(room: &RoomShard, me: &State, heard: Option<Mark>) -> Incoming<Message> {
    let mut pause = PAUSE;
    loop {
        if let Ok(messages) = room.messages(me, heard).await {
            return messages;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn line(message: Message) -> String {
    match message {
        Message::Said { from, text, .. } => format!("{from}: {text}"),
        Message::Typing { from } => format!("{from} is typing"),
        Message::Came { who } => format!("{who} is here"),
        Message::Went { who } => format!("{who} has gone"),
        Message::Missed { count } => format!("({count} messages missed)"),
    }
}

/// A failure as people read it.
pub(crate) fn told<E>(error: &CallError<E>) -> String {
    match error {
        CallError::NotStarted { reason, .. } => reason.to_string(),
        CallError::Unknown { reason: Unknown::Deadline, node } => {
            format!("no answer from node {node} in time")
        }
        CallError::Unknown { reason, node } => format!("node {node}: {reason}"),
        _ => "the room has a fault".to_owned(),
    }
}

fn name(me: &State) -> &str {
    me.actor().unwrap_or("somebody")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::{StreamExt as _, stream};
    use shard_runtime::NotStarted;
    use shard_runtime::testing::Fake;
    use tokio::time::Instant;

    use super::*;
    use crate::room::Room;

    type After = Option<Mark>;

    fn alice() -> State {
        State::new().with_actor("alice")
    }

    fn said(number: u64, text: &str) -> Message {
        Message::Said { at: Mark { talk: 1, number }, from: "bob".to_owned(), text: text.to_owned() }
    }

    /// Listens to a room that was joined, in a task, and gives what alice reads.
    async fn reads(room: &RoomShard) -> mpsc::Receiver<String> {
        let (to, lines) = mpsc::channel(8);
        let (room, me) = (room.clone(), alice());
        let messages = join(&room, &me).await.unwrap();
        tokio::spawn(async move { listen(&room, &me, messages, &to).await });
        lines
    }

    #[tokio::test]
    async fn the_greeting_has_the_message_of_the_day_if_there_is_one() {
        let rooms = Fake::<Room>::new().on("motd", |_, ()| "be kind".to_owned());
        let room = rooms.shard("room:rust");
        assert_eq!(greeting(&room, &alice()).await, "welcome to room:rust, alice: be kind");

        let rooms = rooms.on("motd", |_, ()| String::new());
        assert_eq!(greeting(&room, &alice()).await, "welcome to room:rust, alice");

        let _rooms = rooms.fail("motd", NotStarted::Draining);
        let greeting = greeting(&room, &alice()).await;
        assert!(
            greeting.ends_with("(no message of the day: the node drains, and takes no new work)"),
            "{greeting}"
        );
    }

    #[tokio::test]
    async fn who_cannot_join_is_told_why_and_nothing_is_tried_behind_their_back() {
        let rooms = Fake::<Room>::new().fail("messages", NotStarted::Overloaded);
        let why = join(&rooms.shard("room:rust"), &alice()).await.unwrap_err();
        assert_eq!(why, "cannot join room:rust: the node is overloaded");
        assert_eq!(rooms.calls("messages"), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_in_vain_for_a_room_is_told_at_the_deadline() {
        let rooms = Fake::<Room>::new().hang("messages");
        let begin = Instant::now();
        let why = join(&rooms.shard("room:rust"), &alice()).await.unwrap_err();
        assert_eq!(why, "cannot join room:rust: no answer from node fake in time");
        assert_eq!(begin.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_said_or_not_is_told_as_exactly_as_it_is_known() {
        let rooms = Fake::<Room>::new().try_on("say", |state, (text,): (String,)| {
            assert_eq!(state.actor(), Some("alice"));
            if text.is_empty() { Err(RoomError::Empty) } else { Ok(()) }
        });
        let room = rooms.shard("room:rust");
        assert_eq!(say(&room, &alice(), "hello").await, None);
        assert_eq!(say(&room, &alice(), "").await.unwrap(), "not said: there is nothing to say");

        let rooms = rooms.fail("say", NotStarted::Overloaded);
        let told = say(&room, &alice(), "hello").await.unwrap();
        assert_eq!(told, "not said, try again: the node is overloaded");

        let rooms = rooms.lose("say", Unknown::ConnectionLost);
        let told = say(&room, &alice(), "hello").await.unwrap();
        assert_eq!(told, "perhaps said, perhaps not: node fake: the connection was lost");

        let _rooms = rooms.hang("say");
        let begin = Instant::now();
        let told = say(&room, &alice(), "hello").await.unwrap();
        assert_eq!(told, "perhaps said, perhaps not: no answer from node fake in time");
        assert_eq!(begin.elapsed().as_secs(), 2, "the method's own timeout");
    }

    #[tokio::test]
    async fn typing_that_nobody_hears_of_is_not_worth_a_word() {
        let rooms = Fake::<Room>::new().fail("typing", NotStarted::Overloaded);
        typing(&rooms.shard("room:rust"), &alice()).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_that_was_lost_is_joined_again_where_it_was_left() {
        let rooms = Fake::<Room>::new().on_stream_until("messages", |_, (after,): (After,)| {
            assert_eq!(after, None);
            stream::iter([Ok(said(1, "one")), Ok(said(2, "two")), Err(Unknown::ConnectionLost)])
        });
        let mut lines = reads(&rooms.shard("room:rust")).await;
        // Until the other nodes have noticed, the room is nowhere.
        let rooms = rooms.fail("messages", NotStarted::NotConnected { detail: None });
        assert_eq!(lines.recv().await.unwrap(), "bob: one");
        assert_eq!(lines.recv().await.unwrap(), "bob: two");
        assert_eq!(
            lines.recv().await.unwrap(),
            "lost the room (node fake: the connection was lost), joining again"
        );
        while rooms.calls("messages") < 5 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }

        let asked = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&asked);
        let _rooms = rooms.on_stream("messages", move |_, (after,): (After,)| {
            *seen.lock().unwrap() = after;
            stream::iter([said(3, "three")]).chain(stream::pending())
        });
        assert_eq!(lines.recv().await.unwrap(), "joined again, on node fake");
        assert_eq!(lines.recv().await.unwrap(), "bob: three");
        assert_eq!(*asked.lock().unwrap(), Some(Mark { talk: 1, number: 2 }));
    }

    #[tokio::test]
    async fn a_room_that_moves_is_joined_again_too() {
        let rooms = Fake::<Room>::new().on_stream("messages", |_, (after,): (After,)| {
            // The first talk ends, as that of a room does which moves; the next goes on.
            let rest = if after.is_none() { stream::empty().boxed() } else { stream::pending().boxed() };
            stream::iter([said(1, "here")]).chain(rest)
        });
        let mut lines = reads(&rooms.shard("room:rust")).await;
        for expected in
            ["bob: here", "the room moves, joining again", "joined again, on node fake", "bob: here"]
        {
            assert_eq!(lines.recv().await.unwrap(), expected);
        }
        assert_eq!(rooms.calls("messages"), 2);
    }

    #[tokio::test]
    async fn whoever_reads_no_more_lines_leaves() {
        let (to, mut left) = mpsc::channel::<()>(1);
        let rooms = Fake::<Room>::new().on_stream("messages", move |_, (_,): (After,)| {
            // The stream has this for as long as it is there.
            let seat = to.clone();
            stream::repeat_with(move || said(1, if seat.is_closed() { "" } else { "again" }))
        });
        drop(reads(&rooms.shard("room:rust")).await);
        drop(rooms);
        assert_eq!(left.recv().await, None);
    }
}
