//! I14: whatever happens to its link, a stream is an ordered prefix without gaps, and then has one end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, Stream, StreamExt as _};
use shard_runtime::{CallError, Incoming, NodeBuilder, Shard as _, Unknown, sharded_module};
use tokio::time::sleep;

use crate::frame::{HEADER, kind};
use crate::pair::Pair;
use crate::patience::{patient, until, within};
use crate::relay::{Fate, Toward};

#[derive(Default)]
pub(crate) struct Source {
    open: Arc<AtomicU64>,
}

struct Open(Arc<AtomicU64>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[sharded_module]
impl Source {
    /// So many, of so many bytes, with a pause after each hundred.
    pub(crate) fn blocks(&self, count: u64, size: usize) -> impl Stream<Item = (u64, String)> + Send {
        self.open.fetch_add(1, Ordering::SeqCst);
        let open = Open(Arc::clone(&self.open));
        stream::iter(0..count).then(move |n| {
            let _ = &open;
            async move {
                if n % 100 == 99 {
                    sleep(Duration::from_millis(1)).await;
                }
                (n, "x".repeat(size))
            }
        })
    }
}

async fn pair() -> (Pair, SourceShard, Arc<Source>) {
    let source = Arc::new(Source::default());
    let hosted = Arc::clone(&source);
    let pair =
        Pair::with(NodeBuilder::client_of::<Source>, |node| node.shared_module(Arc::clone(&hosted))).await;
    let shard = pair.caller.module::<Source>().create_shard("key").unwrap();
    (pair, shard, source)
}

/// How many items came, and the error with which it ended, if it did with one.
async fn read(mut incoming: Incoming<(u64, String)>, size: usize) -> (u64, Option<CallError>) {
    let (mut count, mut error) = (0, None);
    while let Some(item) = incoming.next().await {
        assert!(error.is_none(), "nothing follows an error but the end");
        match item {
            Ok((n, text)) => {
                assert_eq!((n, text.len()), (count, size), "in order, without gaps, whole");
                count += 1;
            }
            Err(failed) => error = Some(failed),
        }
    }
    assert!(incoming.next().await.is_none(), "there is one end");
    (count, error)
}

/// Of a size that makes many frames, and needs the reader's credit several times.
const COUNT: u64 = 1_000;
const SIZE: usize = 1_000;

#[tokio::test]
async fn cut_at_each_of_its_frames() {
    patient(async {
        // How many frames there are depends on how they are batched: cuts beyond the last one do nothing.
        let kinds = [(kind::STREAM_ITEM, 1..=12), (kind::STREAM_END, 1..=1), (kind::CREDIT, 1..=4)];
        let parts = [0, HEADER / 2, HEADER + 1, usize::MAX];
        let cuts: Vec<_> = kinds
            .into_iter()
            .flat_map(|(kind, frames)| frames.flat_map(move |frame| parts.map(|at| (kind, frame, at))))
            .collect();
        let mut cut_short = 0;
        for some in cuts.chunks(20) {
            let pairs = join_all(some.iter().map(|_| pair())).await;
            let tests = pairs.into_iter().zip(some).map(|((pair, shard, source), cut)| async move {
                let (wanted, nth, at) = *cut;
                pair.relay
                    .rule_for(wanted, move |count| if count == nth { Fate::IsCut(at) } else { Fate::Passes });
                let incoming = shard.blocks(COUNT, SIZE).await.unwrap();
                let (count, error) = within(Duration::from_secs(10), "its end", read(incoming, SIZE)).await;
                match &error {
                    None => assert_eq!(count, COUNT, "{cut:?}: its own end comes after all items"),
                    Some(error) => assert!(
                        matches!(error, CallError::Unknown { reason: Unknown::ConnectionLost, .. }),
                        "{cut:?}: {error:?}"
                    ),
                }
                until(Duration::from_secs(1), "it ends over there", || {
                    source.open.load(Ordering::SeqCst) == 0 && pair.callee.running() == 0
                })
                .await;
                pair.connected().await;
                let (count, error2) = read(shard.blocks(10, 1).await.unwrap(), 1).await;
                assert_eq!((count, error2), (10, None));
                error.is_some()
            });
            cut_short += join_all(tests).await.into_iter().filter(|cut| *cut).count();
        }
        assert!(cut_short > 20, "{cut_short}");
    })
    .await;
}

/// The reader cannot say that it has read: the stream comes to rest, and is ended as one that is not read.
#[tokio::test]
async fn without_credit_it_is_ended_in_time() {
    patient(async {
        let (pair, shard, source) = pair().await;
        pair.relay.rule_for(kind::CREDIT, |_| Fate::IsLost);
        let incoming = shard.timeout(Duration::from_millis(300)).blocks(COUNT, SIZE).await.unwrap();
        let (count, error) = within(Duration::from_secs(2), "its end", read(incoming, SIZE)).await;
        assert!(count > 0 && count < COUNT, "{count}");
        let error = error.unwrap();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::SlowReader, .. }), "{error:?}");
        until(Duration::from_secs(1), "it ends over there", || source.open.load(Ordering::SeqCst) == 0).await;
        assert_eq!(pair.relay.ended(), 0);
    })
    .await;
}

/// The callee dies: what has come is there, and the end is an error, at once.
#[tokio::test]
async fn when_the_callee_is_killed() {
    patient(async {
        let (pair, shard, _source) = pair().await;
        let mut incoming = shard.blocks(u64::MAX, SIZE).await.unwrap();
        for n in 0..10 {
            assert_eq!(incoming.next().await.unwrap().unwrap().0, n);
        }
        let Pair { callee, relay, caller, .. } = pair;
        drop(callee);
        let rest = async {
            let (mut next, mut error) = (10, None);
            while let Some(item) = incoming.next().await {
                match item {
                    Ok((n, _)) => {
                        assert_eq!((n, &error), (next, &None));
                        next += 1;
                    }
                    Err(failed) => error = Some(failed),
                }
            }
            error
        };
        let error = within(Duration::from_millis(300), "its end", rest).await.unwrap();
        assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
        drop((relay, caller));
    })
    .await;
}

/// Nothing comes any more, and nobody says so.
#[tokio::test]
async fn a_lost_link_ends_a_silent_one() {
    patient(async {
        let (pair, shard, source) = pair().await;
        let mut incoming = shard.blocks(150, SIZE).await.unwrap();
        incoming.next().await.unwrap().unwrap();
        pair.relay.rule(|toward, _| if toward == Toward::Caller { Fate::IsLost } else { Fate::Passes });
        let error = within(Duration::from_secs(5), "its end", async {
            let mut error = None;
            while let Some(item) = incoming.next().await {
                if let Err(failed) = item {
                    error = Some(failed);
                }
            }
            error
        })
        .await;
        // If all had come before, its own end may have been among it.
        if let Some(error) = error {
            assert!(matches!(error, CallError::Unknown { reason: Unknown::ConnectionLost, .. }), "{error:?}");
        }
        until(Duration::from_secs(1), "it ends over there", || source.open.load(Ordering::SeqCst) == 0).await;
    })
    .await;
}
