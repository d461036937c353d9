//! M39 to M52: how calls fail, and what the failure is worth.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, Error, NotStarted, Shard, ShardToken, State, Unknown, sharded_module};
use tokio::time::Instant;

use crate::fixture::{
    Arena, ArenaError, Bed, CALL, Profile, REPLY, Raw, Toward, every_way, patient, tcp_builder, tcp_pair,
    until, within,
};

#[tokio::test]
async fn m39_a_failure_arrives_as_the_modules_with_its_message() {
    every_way(async |way| {
        let error = way.shard.fails(&Profile::sample()).await.unwrap_err();
        assert_eq!(error.to_string(), "the arena is closed (code -7)");
        assert_eq!(error.node().unwrap().as_str(), way.callee.name());
        assert!(!error.is_not_started());
        assert_eq!(way.arena.runs("fails"), 1);
    })
    .await;
}

#[tokio::test]
async fn m40_code_details_and_further_fields_of_a_failure_arrive() {
    every_way(async |way| {
        let error = way.shard.fails(&Profile::sample()).await.unwrap_err();
        assert_eq!(error.module(), Some(&ArenaError::sample()));
        let CallError::Module { error: ArenaError::Rich { code, details, .. }, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((code, details["why"].as_slice()), (-7, [0, 255].as_slice()));
    })
    .await;
}

#[tokio::test]
async fn m41_here_and_there_a_failure_has_the_same_message_and_fields() {
    let failures = Mutex::new(Vec::new());
    every_way(async |way| {
        let error = way.shard.fails(&Profile::sample()).await.unwrap_err();
        failures.lock().unwrap().push((error.to_string(), error.module().cloned().unwrap()));
    })
    .await;
    let failures = failures.into_inner().unwrap();
    assert_eq!(failures.len(), 3);
    assert!(failures.windows(2).all(|two| two[0] == two[1]), "{failures:?}");
}

#[tokio::test]
async fn m42_a_token_of_a_node_that_is_not_known_fails_at_once() {
    patient(async {
        // Of the same cluster, which have never heard of each other.
        let start = |name: &'static str| {
            let node = tcp_builder(name, [""; 0]).shared_module(Arena::new(name));
            async move { node.start().await.unwrap() }
        };
        let (here, unknown) = (start("here").await, start("unknown").await);
        let token = Shard::token(&unknown.module::<Arena>().local_shard().unwrap()).mint();
        let shard = here.module::<Arena>().get_shard(&token).unwrap();
        assert_eq!(shard.node(), None);
        let call = within(Duration::from_millis(50), "the call", shard.label());
        gone(&call.await.unwrap_err());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m43_a_token_of_a_node_that_has_left_fails_in_the_same_way() {
    patient(async {
        let mut bed = Bed::of(3).await;
        let (left, died) = (bed.shard(0, 1), bed.shard(0, 2));
        let tokens = [Shard::token(&left).mint(), Shard::token(&died).mint()];
        bed.node(1).shutdown().await;
        bed.cluster.kill(1);
        bed.cluster.kill(2);
        bed.cluster.settled().await;
        let start = Instant::now();
        for token in &tokens {
            gone(&bed.node(0).module::<Arena>().get_shard(token).unwrap().label().await.unwrap_err());
        }
        for shard in [left, died] {
            gone(&shard.label().await.unwrap_err());
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(bed.arena(1).all_runs() + bed.arena(2).all_runs(), 0);
    })
    .await;
}

fn gone(error: &CallError) {
    assert!(matches!(error, CallError::NotStarted { reason: NotStarted::BootGone, .. }), "{error:?}");
    assert!(error.to_string().ends_with("remote node is no longer available"), "{error}");
}

#[tokio::test]
async fn m44_whatever_was_never_a_token_is_refused_with_one_error_for_all() {
    patient(async {
        let bed = Bed::of(2).await;
        let good = Shard::token(&bed.shard(0, 1)).mint().to_string();
        let mut texts: Vec<String> =
            ["", " ", "__proto__", "constructor", "null", "undefined", "0", "=", "\0", "Ä"]
                .map(Into::into)
                .into();
        texts.push("A".repeat(1 << 20));
        texts.push("A".repeat(66));
        texts.push("A".repeat(236));
        texts.extend([format!("{good}A"), format!(" {good}"), format!("{good}="), good[1..].to_owned()]);
        texts.extend((0..good.len()).map(|at| {
            let other = if &good[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &good[..at], &good[at + 1..])
        }));
        // Ours, of another cluster, of another module, and out of date.
        let elsewhere =
            tcp_builder("elsewhere", [""; 0]).shared_module(Arena::new("")).start().await.unwrap();
        let foreign = Shard::token(&elsewhere.module::<Arena>().local_shard().unwrap()).mint();
        texts.push(foreign.to_string());

        let arenas = bed.node(0).module::<Arena>();
        let mut errors: Vec<_> = texts
            .iter()
            .map(|text| {
                let json = serde_json::to_string(&serde_json::json!({ "id": text })).unwrap();
                let token: ShardToken = serde_json::from_str(&json).unwrap();
                let error = arenas.get_shard(&token).expect_err(text);
                assert!(matches!(error, Error::Token(_)), "{text}");
                (error.to_string(), format!("{error:?}"))
            })
            .collect();
        errors.dedup();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(arenas.get_shard(&ShardToken::from(good)).is_ok());
        assert_eq!(bed.arena(0).all_runs() + bed.arena(1).all_runs(), 0);
    })
    .await;
}

/// One module in two programs: the newer one has a method more.
mod newer {
    #[derive(Default)]
    pub(crate) struct Bank;

    #[shard_runtime::sharded_module]
    impl Bank {
        pub(crate) fn balance(&self) -> u32 {
            7
        }
        pub(crate) fn overdraft(&self) -> u32 {
            8
        }
    }
}

#[derive(Default)]
struct Bank;

#[sharded_module]
impl Bank {
    fn balance(&self) -> u32 {
        70
    }
}

#[tokio::test]
async fn m45_a_method_that_the_callee_does_not_offer_is_named_in_the_error() {
    patient(async {
        let cluster = shard_runtime::testing::Cluster::builder()
            .node(|node| node.module(newer::Bank))
            .node(|node| node.module(Bank))
            .start();
        let cluster = cluster.await.unwrap();
        let older = cluster.node(1).module::<Bank>().local_shard().unwrap();
        let shard = cluster.node(0).module::<newer::Bank>().get_shard(&older).unwrap();
        assert_eq!(shard.balance().await.unwrap(), 70);
        // Nodes also gossip, which now and then falls into the middle of it.
        let mut silent = false;
        for _ in 0..50 {
            let before = cluster.network().bytes_carried();
            let error = shard.overdraft().await.unwrap_err();
            assert!(error.is_not_started());
            let text = error.to_string();
            assert!(text.contains("`Bank`") && text.contains("`overdraft`"), "{error}");
            silent |= cluster.network().bytes_carried() == before;
        }
        assert!(silent, "it is known before anything is sent");
        assert_eq!(shard.balance().await.unwrap(), 70);
    })
    .await;
}

#[tokio::test]
async fn m45_a_forged_request_for_a_method_that_is_not_there_is_answered() {
    patient(async {
        let pair = tcp_pair().await;
        let rows = [0xffff_u32, 0xffff_ffff, 0x0001_0000, 500];
        for row in rows {
            pair.relay.filter(move |_, mut frame| {
                if frame.kind == CALL {
                    frame.body[..4].copy_from_slice(&row.to_le_bytes());
                }
                vec![frame]
            });
            let error = pair.shard.label().await.unwrap_err();
            assert!(
                matches!(&error, CallError::NotStarted { reason: NotStarted::UnknownMethod { method, .. }, .. }
                    if *method == format!("#{}", row & 0xffff)),
                "{error}"
            );
        }
        pair.relay.honest();
        assert_eq!(pair.shard.label().await.unwrap(), "callee");
        assert_eq!(pair.arena.all_runs(), 1);
        assert_eq!(pair.relay.open(), 1);
    })
    .await;
}

#[tokio::test]
async fn m46_a_request_without_a_method_ends_in_an_error_and_the_callee_lives_on() {
    patient(async {
        let pair = tcp_pair().await;
        for len in [0, 3, 4, 13] {
            pair.relay.filter(move |_, mut frame| {
                if frame.kind == CALL {
                    frame.body.truncate(len);
                }
                vec![frame]
            });
            let error = within(Duration::from_secs(1), "the error", pair.shard.label()).await.unwrap_err();
            assert!(matches!(error, CallError::Unknown { .. } | CallError::NotStarted { .. }), "{error:?}");
            assert_eq!(pair.arena.runs("label"), 0);
            pair.relay.honest();
            until(Duration::from_secs(10), "a link", || {
                pair.caller.members().len() == 2 && pair.relay.open() == 1
            })
            .await;
            within(Duration::from_secs(10), "a call", async {
                while pair.shard.nothing().await.is_err() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
            .await;
        }
        assert_eq!(pair.arena.all_runs(), 4);
    })
    .await;
}

#[tokio::test]
async fn m47_a_malformed_reply_fails_its_call_and_no_other() {
    patient(async {
        let pair = tcp_pair().await;
        let spoilt = Arc::new(Mutex::new(0));
        let count = Arc::clone(&spoilt);
        // The answers to `zero` come back as something else; their bodies are shorter than the others'.
        let bodies: [&[u8]; 6] =
            [&[], &[0], &[9, 9, 9], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[3, 255], &[4]];
        pair.relay.filter(move |_, mut frame| {
            if frame.kind == REPLY && frame.body == [0, 0] {
                let mut count = count.lock().unwrap();
                frame.body = bodies[*count % bodies.len()].to_vec();
                *count += 1;
            }
            vec![frame]
        });
        let spoilt_calls = join_all((0..12).map(|_| pair.shard.zero()));
        let good_calls = join_all((0..12).map(|n| pair.shard.slowly(10, n)));
        let (spoilt_calls, good_calls) = tokio::join!(spoilt_calls, good_calls);
        for outcome in spoilt_calls {
            let error = outcome.unwrap_err();
            assert!(matches!(error, CallError::Unknown { reason: Unknown::Undecodable(_), .. }), "{error:?}");
        }
        for (n, outcome) in (1..).zip(good_calls) {
            assert_eq!(outcome.unwrap(), n);
        }
        assert_eq!(*spoilt.lock().unwrap(), 12);
        assert_eq!((pair.arena.runs("zero"), pair.arena.runs("slowly")), (12, 12));
        assert_eq!(pair.relay.open(), 1, "the link has not suffered");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m48_a_call_that_cannot_be_sent_fails_at_once_with_the_reason() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = bed.shard(0, 1);
        bed.cluster.cut(0, 1);
        bed.cluster.sever(0, 1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(bed.sees(0, 1), "a dead link is not a dead member");
        let start = Instant::now();
        let error = shard.label().await.unwrap_err();
        assert_eq!(start.elapsed(), Duration::ZERO);
        let CallError::NotStarted { reason: NotStarted::NotConnected { detail }, node } = error else {
            panic!("{error:?}");
        };
        assert_eq!(node.unwrap().as_str(), "node-1");
        let detail = detail.expect("the transport's own reason");
        assert!(detail.contains("reset"), "{detail}");
        assert_eq!(bed.arena(1).all_runs(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m49_a_peer_that_never_answers_is_unknown_at_the_deadline() {
    patient(async {
        let bed = Bed::of(2).await;
        for callee in [0, 1] {
            for millis in [1, 50, 333, 5_000] {
                let start = Instant::now();
                let state = State::new().with_deadline(start + Duration::from_millis(millis));
                let error = state.scope(bed.shard(0, callee).hangs()).await.unwrap_err();
                let took = start.elapsed();
                assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error}");
                let limit = Duration::from_millis(millis)..=Duration::from_millis(millis + 100);
                assert!(limit.contains(&took), "{took:?}");
            }
            // Nothing was said, so the default of 5 s counts.
            let start = Instant::now();
            bed.shard(0, callee).hangs().await.unwrap_err();
            let took = start.elapsed();
            assert!((5_000..=5_100).contains(&took.as_millis()), "{took:?}");
            assert_eq!(bed.arena(callee).runs("hangs"), 5);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(bed.node(0).running() + bed.node(1).running(), 0, "their places are free again");
    })
    .await;
}

#[tokio::test]
async fn m49_over_tcp_a_call_whose_reply_is_swallowed_is_unknown_at_the_deadline() {
    patient(async {
        let pair = tcp_pair().await;
        pair.relay.filter(|_, frame| if frame.kind == REPLY { vec![] } else { vec![frame] });
        let start = Instant::now();
        let state = State::new().with_deadline(start + Duration::from_millis(400));
        let error = state.scope(pair.shard.label()).await.unwrap_err();
        let took = start.elapsed();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error}");
        assert!((400..=500).contains(&took.as_millis()), "{took:?}");
        assert_eq!(pair.arena.runs("label"), 1, "it ran, and the caller cannot know");
    })
    .await;
}

#[tokio::test]
async fn m50_a_reply_after_its_caller_gave_up_is_discarded() {
    patient(async {
        let pair = tcp_pair().await;
        let held = Arc::new(Mutex::new(Vec::new()));
        let holding = Arc::clone(&held);
        pair.relay.filter(move |_, frame| {
            if frame.kind == REPLY {
                holding.lock().unwrap().push(frame);
                return vec![];
            }
            vec![frame]
        });
        let soon = || State::new().with_deadline(Instant::now() + Duration::from_millis(60));
        let gave_up = join_all((0..8).map(|n| soon().scope(pair.shard.mark(n)))).await;
        assert!(gave_up.iter().all(Result::is_err));

        // Their places are taken by new calls when the old answers come.
        pair.relay.honest();
        let late = held.lock().unwrap().clone();
        assert_eq!(late.len(), 8);
        let new_calls = join_all((100..108).map(|n| pair.shard.slowly(50, n)));
        let late_replies = async {
            until(Duration::from_secs(5), "they run", || pair.arena.runs("slowly") == 8).await;
            for reply in &late {
                pair.relay.inject(Toward::Dialler, reply.bytes());
            }
        };
        let (new_calls, ()) = tokio::join!(new_calls, late_replies);
        for (n, outcome) in (101..).zip(new_calls) {
            assert_eq!(outcome.unwrap(), n);
        }
        assert_eq!(pair.arena.worked(), (0..8).collect::<Vec<_>>());
        assert_eq!((pair.relay.open(), pair.callers_arena.all_runs()), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn m51_of_two_replies_the_first_counts() {
    patient(async {
        let pair = tcp_pair().await;
        pair.relay.filter(|_, frame| {
            if frame.kind != REPLY {
                return vec![frame];
            }
            let mut other = frame.clone();
            if let Some(last) = other.body.last_mut() {
                *last ^= 1;
            }
            vec![frame.clone(), frame, other]
        });
        let calls = (0..50).map(|n| pair.shard.slowly(n % 7, n));
        for (n, outcome) in (1..).zip(join_all(calls).await) {
            assert_eq!(outcome.unwrap(), n);
        }
        assert_eq!(pair.arena.runs("slowly"), 50);
        assert_eq!(pair.relay.open(), 1);
    })
    .await;
}

#[tokio::test]
async fn m52_a_reply_that_nobody_asked_for_is_discarded() {
    patient(async {
        let pair = tcp_pair().await;
        let slow = pair.shard.slowly(100, 1);
        let forged = async {
            until(Duration::from_secs(5), "it runs", || pair.arena.runs("slowly") == 1).await;
            for toward in [Toward::Dialler, Toward::Target] {
                for id in [0, 2, 1 << 20, u64::MAX, 99 << 32] {
                    pair.relay.inject(toward, Raw::new(REPLY, id, [0, 9]).bytes());
                }
            }
        };
        let (outcome, ()) = tokio::join!(slow, forged);
        assert_eq!(outcome.unwrap(), 2);
        assert_eq!(pair.shard.label().await.unwrap(), "callee");
        assert_eq!(pair.relay.open(), 1);
        assert_eq!((pair.callee.members().len(), pair.caller.members().len()), (2, 2));
    })
    .await;
}
