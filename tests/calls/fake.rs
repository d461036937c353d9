//! `testing::Fake`: what its shards promise to those who test with it, and no node runs.

use core::time::Duration;
use std::panic::catch_unwind;

use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use shard_runtime::testing::Fake;
use shard_runtime::{CallError, NotStarted, Shard as _, State, Unknown, sharded_module};
use tokio::sync::mpsc;

pub(crate) struct Lobby;

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("full")]
pub(crate) struct Full;

#[sharded_module]
impl Lobby {
    pub(crate) fn join(&self, player: &str) -> u32 {
        unimplemented!("{player}")
    }
    #[timeout("1s")]
    pub(crate) fn seat(&self, number: u32) -> Result<String, Full> {
        unimplemented!("{number}")
    }
    pub(crate) fn news(&self, from: u32) -> impl Stream<Item = u32> {
        stream::iter(from..)
    }
    pub(crate) fn replay(&self, game: u32) -> Result<impl Stream<Item = String>, Full> {
        if game == 0 { Err(Full) } else { Ok(stream::empty()) }
    }
}

fn lost<E>(error: &CallError<E>) -> Option<&Unknown> {
    match error {
        CallError::Unknown { reason, .. } => Some(reason),
        _ => None,
    }
}

#[tokio::test]
async fn closures_see_the_call_and_their_results_are_the_calls() {
    let lobby = Fake::<Lobby>::new()
        .on("join", |state, (player,): (String,)| {
            assert_eq!((state.actor(), state.key().as_str()), (Some("alice"), Some("eu")));
            u32::try_from(player.len()).unwrap()
        })
        .try_on("seat", |_, (number,): (u32,)| if number == 0 { Err(Full) } else { Ok(number.to_string()) });
    let shard = lobby.shard("eu");
    let state = State::new().with_actor("alice");
    assert_eq!(state.scope(shard.join("bob")).await, Ok(3));
    assert_eq!(shard.seat(7).await.unwrap(), "7");
    assert_eq!(shard.seat(0).await.unwrap_err().module(), Some(&Full));
    assert_eq!((lobby.calls("join"), lobby.calls("seat"), lobby.calls("news")), (1, 2, 0));
}

/// As of a node.
#[tokio::test]
async fn a_result_that_is_too_large_is_not_sent() {
    let lobby = Fake::<Lobby>::new().try_on("seat", |_, (_,): (u32,)| Ok::<_, Full>("x".repeat(2 << 20)));
    let error = lobby.shard("eu").seat(1).await.unwrap_err();
    assert!(matches!(lost(&error), Some(Unknown::ReplyTooLarge { limit: 1_048_576, .. })), "{error}");
}

#[tokio::test]
async fn a_method_without_a_closure_is_unknown() {
    let lobby = Fake::<Lobby>::new();
    let reason = NotStarted::UnknownMethod { module: "Lobby".to_owned(), method: "join".to_owned() };
    let expected = |error: CallError| matches!(error, CallError::NotStarted { reason: r, .. } if r == reason);
    assert!(expected(lobby.shard("eu").join("bob").await.unwrap_err()));
    assert!(lobby.shard("eu").news(1).await.unwrap_err().is_not_started());
    assert!(lobby.shard("eu").replay(1).await.unwrap_err().is_not_started());
}

#[tokio::test(start_paused = true)]
async fn a_method_fails_as_the_test_wants_and_shards_that_are_there_see_it() {
    let lobby = Fake::<Lobby>::new().fail("seat", NotStarted::Overloaded);
    let shard = lobby.shard("eu");
    assert!(shard.seat(1).await.unwrap_err().is_not_started());
    let lobby = lobby.lose("seat", Unknown::ConnectionLost);
    assert_eq!(lost(&shard.seat(1).await.unwrap_err()), Some(&Unknown::ConnectionLost));
    let lobby = lobby.hang("seat");
    let begin = tokio::time::Instant::now();
    assert_eq!(lost(&shard.seat(1).await.unwrap_err()), Some(&Unknown::Deadline));
    assert_eq!(begin.elapsed().as_secs(), 1, "the method's own time");
    let short = shard.timeout(Duration::from_millis(20));
    assert_eq!(lost(&short.seat(1).await.unwrap_err()), Some(&Unknown::Deadline));
    assert_eq!(begin.elapsed().as_millis(), 1_020);
    let _lobby = lobby.try_on("seat", |_, (_,): (u32,)| Ok::<_, Full>("at last".to_owned()));
    assert_eq!(shard.seat(1).await.unwrap(), "at last");
}

#[tokio::test]
async fn a_stream_gives_its_items_and_one_end() {
    let lobby = Fake::<Lobby>::new()
        .on_stream("news", |_, (from,): (u32,)| stream::iter(from..from + 2))
        .try_on_stream(
            "replay",
            |_, (game,): (u32,)| {
                if game == 0 { Err(Full) } else { Ok(stream::iter(["e4".to_owned()])) }
            },
        );
    let shard = lobby.shard("eu");
    let news: Vec<_> = shard.news(7).await.unwrap().collect().await;
    assert_eq!(news, [Ok(7), Ok(8)]);
    let replay: Vec<_> = shard.replay(1).await.unwrap().collect().await;
    assert_eq!(replay, [Ok("e4".to_owned())]);
    assert_eq!(shard.replay(0).await.unwrap_err().module(), Some(&Full));

    let _lobby = lobby
        .on_stream_until("news", |_, (_,): (u32,)| stream::iter([Ok(1_u32), Err(Unknown::Stopped), Ok(2)]));
    let news: Vec<_> = shard.news(7).await.unwrap().collect().await;
    assert_eq!(news[0], Ok(1));
    assert_eq!(lost(news[1].as_ref().unwrap_err()), Some(&Unknown::Stopped));
    assert_eq!(news.len(), 2);
}

#[tokio::test]
async fn a_stream_may_stay_open_and_is_dropped_when_its_reader_goes() {
    let (to, mut dropped) = mpsc::channel::<()>(1);
    let lobby = Fake::<Lobby>::new().on_stream("news", move |_, (from,): (u32,)| {
        let held = to.clone();
        stream::iter([from]).chain(stream::pending()).inspect(move |_| assert!(!held.is_closed()))
    });
    let mut news = lobby.shard("eu").news(7).await.unwrap();
    assert_eq!(news.next().await, Some(Ok(7)));
    drop(lobby);
    assert!(dropped.try_recv().is_err_and(|error| error == mpsc::error::TryRecvError::Empty));
    drop(news);
    assert_eq!(dropped.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn an_endless_stream_is_taken_no_faster_than_it_is_read_and_closed_if_it_is_not() {
    let lobby = Fake::<Lobby>::new().on_stream("news", |_, (from,): (u32,)| stream::iter(from..));
    let mut news = lobby.shard("eu").news(1).await.unwrap();
    assert_eq!(news.next().await, Some(Ok(1)));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let last = news.fold(Ok(0), |_, item| core::future::ready(item)).await;
    assert_eq!(lost(&last.unwrap_err()), Some(&Unknown::SlowReader));
}

#[test]
fn a_closure_of_other_types_is_a_mistake_of_the_test() {
    let refused = |make: fn(Fake<Lobby>) -> Fake<Lobby>| catch_unwind(|| drop(make(Fake::new()))).is_err();
    assert!(refused(|lobby| lobby.on("jion", |_, (_,): (String,)| 0_u32)));
    assert!(refused(|lobby| lobby.on("join", |_, (_,): (String,)| 0_u64)));
    assert!(refused(|lobby| lobby.on("join", |_, (_,): (u32,)| 0_u32)));
    assert!(refused(|lobby| lobby.on_stream("news", |_, (_,): (u32,)| stream::iter([0_u64]))));
    assert!(refused(|lobby| lobby.on_stream("replay", |_, (_,): (u32,)| stream::iter([String::new()]))));
    assert!(!refused(|lobby| lobby.on("join", |_, (_,): (String,)| 0_u32)));
}
