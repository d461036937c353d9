//! Idempotent methods are asked again when an answer gets lost, and no other ones are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, NodeBuilder, sharded_module};

use crate::counter::Counter;
use crate::frame::kind;
use crate::pair::{Pair, within_ms};
use crate::patience::patient;
use crate::relay::Fate;
use crate::verdict::End;

/// Beside the counter, with the same bodies of which some may be asked again.
#[derive(Default)]
pub(crate) struct Register {
    puts: AtomicU32,
    once: AtomicU32,
}

#[sharded_module]
impl Register {
    #[idempotent]
    pub(crate) async fn put(&self, value: u64) -> u64 {
        self.puts.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        value
    }

    pub(crate) async fn put_once(&self, value: u64) -> u64 {
        self.once.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        value
    }
}

async fn pair() -> (Pair, RegisterShard, Arc<Register>) {
    let register = Arc::new(Register::default());
    let hosted = Arc::clone(&register);
    let pair =
        Pair::with(NodeBuilder::client_of::<Register>, |node| node.shared_module(Arc::clone(&hosted))).await;
    let shard = pair.caller.module::<Register>().create_shard("key").unwrap();
    (pair, shard, register)
}

/// The link is cut before, in and behind the reply: the body has run, the answer is lost, and it is asked again.
#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    patient(async {
        join_all([0, 8, 17].map(|at| async move {
            let (pair, shard, register) = pair().await;
            pair.relay
                .rule_for(kind::REPLY, move |count| if count == 1 { Fate::IsCut(at) } else { Fate::Passes });
            assert_eq!(within_ms(4_000).scope(shard.put(7)).await, Ok(7));
            assert_eq!(register.puts.load(Ordering::SeqCst), 2);
            assert_eq!(pair.caller.calls().repeated, 1);
        }))
        .await;
    })
    .await;
}

#[tokio::test]
async fn twice_at_most() {
    patient(async {
        let (pair, shard, register) = pair().await;
        pair.relay.rule_for(kind::REPLY, |_| Fate::IsCut(0));
        let error = within_ms(4_900).scope(shard.put(7)).await.unwrap_err();
        assert!(matches!(error, CallError::Unknown { .. }), "it may have run, and has: {error:?}");
        let puts = register.puts.load(Ordering::SeqCst);
        assert!((1..=3).contains(&puts), "{puts}");
        assert!(pair.caller.calls().repeated <= 2);
    })
    .await;
}

/// Whatever they are called beside.
#[tokio::test]
async fn others_are_never_asked_again() {
    patient(async {
        let (pair, shard, register) = pair().await;
        for round in 0..3_u32 {
            pair.relay.rule_for(kind::REPLY, |count| if count == 3 { Fate::IsCut(3) } else { Fate::Passes });
            let ids = u64::from(round) * 10..u64::from(round) * 10 + 10;
            let (puts, onces, counts) = tokio::join!(
                join_all((0..5).map(|n| within_ms(4_000).scope(shard.put(n)))),
                join_all((0..5).map(|n| within_ms(4_000).scope(shard.put_once(n)))),
                join_all(ids.map(|id| End::of(id, 4_000, pair.keyed.slow(id, 1)))),
            );
            for (n, end) in (0..).zip(&puts) {
                assert!(*end == Ok(n) || matches!(end, Err(CallError::Unknown { .. })), "{end:?}");
            }
            let before = register.once.swap(0, Ordering::SeqCst);
            let ok = onces.iter().filter(|end| end.is_ok()).count();
            assert!(before <= 5 && ok <= before as usize, "{before} runs, {ok} answers");
            pair.idle().await;
            crate::verdict::truthful(&counts, &pair.counter);
            pair.relay.honest();
            pair.connected().await;
        }
        assert!((0..Counter::IDS as u64 - 1).all(|id| pair.counter.runs(id) <= 1));
    })
    .await;
}

/// A deadline is no reason to ask again, and is kept.
#[tokio::test]
async fn not_beyond_the_deadline() {
    patient(async {
        let (pair, shard, register) = pair().await;
        pair.relay.rule_for(kind::REPLY, |_| Fate::IsLost);
        let start = tokio::time::Instant::now();
        within_ms(300).scope(shard.put(7)).await.unwrap_err();
        assert!(start.elapsed() <= Duration::from_millis(400), "{:?}", start.elapsed());
        assert_eq!(register.puts.load(Ordering::SeqCst), 1);
    })
    .await;
}
