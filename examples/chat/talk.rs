//! What is said in one room.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use futures::{Stream, StreamExt as _, stream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::message::{Mark, Message};

/// What was said last, for those who come.
const KEPT: usize = 20;

/// How far a reader may be behind before it misses something.
const WAITING: usize = 64;

pub(crate) struct Talk {
    /// Also what tells this talk from the one that another node had before.
    id: u64,
    said: Mutex<Said>,
    /// Those who are in the room. Their streams end when it goes.
    live: broadcast::Sender<Message>,
}

#[derive(Default)]
struct Said {
    count: u64,
    last: VecDeque<Message>,
}

impl Talk {
    pub(crate) fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            id: u64::try_from(since.as_nanos()).unwrap_or_default(),
            said: Mutex::default(),
            live: broadcast::Sender::new(WAITING),
        }
    }

    pub(crate) fn say(&self, from: String, text: String) {
        let mut said = self.said();
        said.count += 1;
        let message = Message::Said { at: Mark { talk: self.id, number: said.count }, from, text };
        if said.last.len() == KEPT {
            said.last.pop_front();
        }
        said.last.push_back(message.clone());
        // Under the lock, so that all hear it in the order in which it is kept.
        self.tell(message);
    }

    /// Tells those who are there, and keeps nothing.
    pub(crate) fn tell(&self, message: Message) {
        // It is no mistake to talk to an empty room.
        drop(self.live.send(message));
    }

    /// What was said `after` that mark, as far as it is kept, and then all that happens, until the reader drops the
    /// stream or the talk is dropped.
    pub(crate) fn follow(
        self: &Arc<Self>,
        who: String,
        after: Option<Mark>,
    ) -> impl Stream<Item = Message> + Send + use<> {
        self.tell(Message::Came { who: who.clone() });
        let (kept, live) = {
            let said = self.said();
            (said.after(self.id, after), self.live.subscribe())
        };
        let seat = Seat { talk: Arc::downgrade(self), who };
        stream::iter(kept).chain(stream::unfold((live, seat), |(mut live, seat)| async move {
            match live.recv().await {
                Ok(message) => Some((message, (live, seat))),
                Err(RecvError::Lagged(count)) => Some((Message::Missed { count }, (live, seat))),
                Err(RecvError::Closed) => None,
            }
        }))
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Said {
    /// Everything that is kept, for who has heard nothing of this talk yet.
    fn after(&self, talk: u64, mark: Option<Mark>) -> Vec<Message> {
        let known = mark.filter(|mark| mark.talk == talk).map_or(0, |mark| mark.number);
        let news = usize::try_from(self.count.saturating_sub(known)).unwrap_or(usize::MAX);
        let kept = news.min(self.last.len());
        let missed = (known > 0 && news > kept).then(|| Message::Missed { count: (news - kept) as u64 });
        missed.into_iter().chain(self.last.iter().skip(self.last.len() - kept).cloned()).collect()
    }
}

/// Somebody's place in the room. It is part of their stream: whether they leave, their line breaks or their node is
/// killed, the runtime drops the stream, and the others are told.
struct Seat {
    talk: Weak<Talk>,
    who: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(talk) = self.talk.upgrade() {
            talk.tell(Message::Went { who: self.who.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::FutureExt as _;

    use super::*;

    fn text(message: Option<Message>) -> String {
        match message {
            Some(Message::Said { text, .. }) => text,
            other => format!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn who_comes_hears_what_was_said_last() {
        let talk = Arc::new(Talk::new());
        for number in 0..KEPT + 5 {
            talk.say("alice".to_owned(), number.to_string());
        }
        let mut heard = pin!(talk.follow("bob".to_owned(), None));
        assert_eq!(text(heard.next().await), "5");
        let rest = heard.by_ref().skip(KEPT - 2).next().await;
        assert_eq!(text(rest), (KEPT + 4).to_string());
        assert!(heard.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn who_comes_back_hears_what_was_said_meanwhile_and_how_much_was_not_kept() {
        let talk = Arc::new(Talk::new());
        talk.say("alice".to_owned(), "one".to_owned());
        let mark = Mark { talk: talk.id, number: 1 };
        talk.say("alice".to_owned(), "two".to_owned());
        let first = pin!(talk.follow("bob".to_owned(), Some(mark))).next().await;
        assert_eq!(text(first), "two");

        for _ in 0..KEPT + 2 {
            talk.say("alice".to_owned(), "more".to_owned());
        }
        let first = pin!(talk.follow("bob".to_owned(), Some(mark))).next().await;
        assert_eq!(first, Some(Message::Missed { count: 3 }));
    }

    #[tokio::test]
    async fn who_is_slow_is_told_how_much_was_missed() {
        let talk = Arc::new(Talk::new());
        let mut heard = pin!(talk.follow("bob".to_owned(), None));
        for _ in 0..WAITING + 7 {
            talk.tell(Message::Typing { from: "alice".to_owned() });
        }
        assert_eq!(heard.next().await, Some(Message::Missed { count: 7 }));
        assert_eq!(heard.next().await, Some(Message::Typing { from: "alice".to_owned() }));
    }

    #[tokio::test]
    async fn the_others_are_told_who_comes_and_goes_and_all_end_with_the_talk() {
        let talk = Arc::new(Talk::new());
        let mut heard = pin!(talk.follow("alice".to_owned(), None));
        drop(talk.follow("bob".to_owned(), None));
        assert_eq!(heard.next().await, Some(Message::Came { who: "bob".to_owned() }));
        assert_eq!(heard.next().await, Some(Message::Went { who: "bob".to_owned() }));
        drop(talk);
        assert_eq!(heard.next().await, None);
    }
}
