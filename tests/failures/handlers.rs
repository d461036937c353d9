//! Methods, and users' encodings, that misbehave.

use std::time::Duration;

use shard_runtime::{CallError, NotStarted, State, Unknown};
use tokio::time::Instant;

use crate::fixture::{Picky, every_way, within};

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_panic_is_an_answer_within_50_ms_and_the_node_lives() {
    every_way(async |way| {
        for n in 0..4_u8 {
            let call = async {
                match n {
                    0 => way.shard.panics(false).await,
                    1 => way.shard.panics(true).await,
                    2 => way.shard.panics_in_line().await,
                    _ => way.shard.panics_blocking().await,
                }
            };
            let error = within(SOON, "the answer", call).await.unwrap_err();
            let CallError::Panicked { message, node } = &error else { panic!("{error:?}") };
            assert!(message.contains("on fire"), "{message}");
            assert_eq!(node.as_str(), way.callee.name());
            assert_eq!(way.shard.label().await.unwrap(), way.callee.name());
        }
        assert_eq!(way.arena.runs("panics"), 2);
        assert_eq!(way.callee.running(), 0);
        assert_eq!(way.third.members().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_method_that_hangs_ends_at_its_deadline_and_frees_its_place() {
    every_way(async |way| {
        let start = Instant::now();
        let state = State::new().with_deadline(start + Duration::from_millis(200));
        let hanging = (0..20).map(|_| state.clone().scope(way.shard.hangs()));
        for outcome in futures::future::join_all(hanging).await {
            let error = outcome.unwrap_err();
            assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
        }
        let took = start.elapsed();
        assert!((200..=300).contains(&took.as_millis()), "{took:?}");
        crate::fixture::until(Duration::from_secs(1), "free", || way.callee.running() == 0).await;
        assert_eq!(way.arena.runs("hangs"), 20);
    })
    .await;
}

#[tokio::test]
async fn a_method_that_blocks_its_thread_holds_up_nobody() {
    every_way(async |way| {
        let start = Instant::now();
        let blocking = futures::future::join_all((0..4).map(|_| way.shard.blocks(600)));
        let others = async {
            while way.arena.runs("blocks") < 4 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            for id in 0..100 {
                let call = within(SOON, "a call beside it", way.shard.mark(id));
                assert_eq!(call.await.unwrap(), id);
            }
            start.elapsed()
        };
        let (blocked, others) = tokio::join!(blocking, others);
        assert!(blocked.into_iter().all(|outcome| outcome == Ok(600)));
        assert!(others < Duration::from_millis(550), "{others:?}");
    })
    .await;
}

/// I11: it cannot be cancelled, so its place is taken until it returns.
#[tokio::test]
async fn a_blocking_method_past_its_deadline_keeps_its_place_until_it_returns() {
    every_way(async |way| {
        let start = Instant::now();
        let state = State::new().with_deadline(start + Duration::from_millis(100));
        let error = state.scope(way.shard.blocks(500)).await.unwrap_err();
        let took = start.elapsed();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
        assert!((100..=200).contains(&took.as_millis()), "{took:?}");
        assert_eq!(way.callee.running(), 1);
        crate::fixture::until(Duration::from_secs(2), "free", || way.callee.running() == 0).await;
        assert!(start.elapsed() >= Duration::from_millis(490), "{:?}", start.elapsed());
    })
    .await;
}

/// Remote calls only: a local one encodes nothing, which M35 shows.
fn is_local(way: &crate::fixture::Way) -> bool {
    way.caller.boot() == way.callee.boot()
}

#[tokio::test]
async fn an_argument_whose_encoding_misbehaves_is_a_call_that_did_not_start() {
    every_way(async |way| {
        if is_local(way) {
            return;
        }
        for text in [Picky::PANICS_WHEN_WRITTEN, Picky::FAILS_WHEN_WRITTEN] {
            let error = way.shard.takes_picky(Picky::new(text)).await.unwrap_err();
            let CallError::NotStarted { reason: NotStarted::CannotEncode(why), .. } = &error else {
                panic!("{error:?}");
            };
            assert!(why.contains("the user's `Serialize`"), "{why}");
        }
        for text in [Picky::PANICS_WHEN_READ, Picky::FAILS_WHEN_READ] {
            let error = way.shard.takes_picky(Picky::new(text)).await.unwrap_err();
            let CallError::NotStarted { reason: NotStarted::CannotDecode(why), .. } = &error else {
                panic!("{error:?}");
            };
            assert!(why.contains("the user's `Deserialize`") && why.contains("takes_picky"), "{why}");
        }
        assert_eq!((way.arena.all_runs(), way.callee.running()), (0, 0));
        assert_eq!(way.shard.takes_picky(Picky::new("good")).await.unwrap(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_result_whose_encoding_misbehaves_is_unknown_since_the_method_ran() {
    every_way(async |way| {
        if is_local(way) {
            return;
        }
        for text in [Picky::PANICS_WHEN_WRITTEN, Picky::FAILS_WHEN_WRITTEN] {
            let error = way.shard.gives_picky(text).await.unwrap_err();
            let CallError::Unknown { reason: Unknown::CannotEncodeReply(why), .. } = &error else {
                panic!("{error:?}");
            };
            assert!(why.contains("the user's `Serialize`"), "{why}");
        }
        for text in [Picky::PANICS_WHEN_READ, Picky::FAILS_WHEN_READ] {
            let error = way.shard.gives_picky(text).await.unwrap_err();
            let CallError::Unknown { reason: Unknown::Undecodable(why), .. } = &error else {
                panic!("{error:?}");
            };
            assert!(why.contains("the user's `Deserialize`"), "{why}");
        }
        assert_eq!(way.arena.runs("gives_picky"), 4);
        assert_eq!(way.shard.gives_picky("good").await.unwrap(), Picky::new("good"));
    })
    .await;
}

#[tokio::test]
async fn in_a_broadcast_too_misbehaving_encodings_are_errors() {
    every_way(async |way| {
        if is_local(way) {
            return;
        }
        let broadcast = way.caller.module::<crate::fixture::Arena>().create_broadcast();
        let replies = broadcast.takes_picky(Picky::new(Picky::PANICS_WHEN_WRITTEN)).await;
        assert_eq!((replies.errors.len(), replies.values.len()), (3, 0));
        assert!(replies.errors.values().all(CallError::is_not_started));
        let replies = broadcast.gives_picky(Picky::PANICS_WHEN_READ).await;
        assert_eq!((replies.errors.len(), replies.values.len()), (3, 0));
        assert!(replies.errors.values().all(|error| matches!(error, CallError::Unknown { .. })));
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_its_size_and_the_limit() {
    every_way(async |way| {
        if is_local(way) {
            return;
        }
        let error = way.shard.echo(&vec![1; (1 << 20) + 1]).await.unwrap_err();
        let CallError::NotStarted { reason: NotStarted::TooLarge { size, limit }, .. } = error else {
            panic!("{error:?}");
        };
        assert!(size > limit && limit == 1 << 20, "{size} {limit}");
        assert_eq!(way.arena.all_runs(), 0);

        let error = way.shard.gives_bytes((1 << 20) + 1).await.unwrap_err();
        let CallError::Unknown { reason: Unknown::ReplyTooLarge { size, limit }, .. } = error else {
            panic!("{error:?}");
        };
        assert!(size > limit && limit == 1 << 20, "{size} {limit}");
        assert_eq!(way.arena.runs("gives_bytes"), 1);
        assert_eq!(way.shard.gives_bytes((1 << 20) - 64).await.unwrap().len(), (1 << 20) - 64);
    })
    .await;
}
