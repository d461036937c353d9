//! A call whose caller does not wait: it returns when it is queued, and the body runs once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shard_runtime::{CallError, NotStarted, Shard, State, sharded_module};
use tokio::time::{Instant, sleep};

use crate::bed::{Bed, Way};
use crate::patience::{until, within};
use crate::picky::Picky;

in_four_ways!(
    returns_before_the_body_has_ended,
    runs_once_each,
    begins_in_order,
    of_a_blocking_method,
    carries_its_context,
    failures_are_counted,
    what_cannot_be_queued_is_an_error,
);

#[derive(Default)]
struct Letters {
    noted: Mutex<Vec<u64>>,
    begun: AtomicU32,
    ended: AtomicU32,
    actors: Mutex<Vec<String>>,
}

#[sharded_module]
impl Letters {
    #[oneway]
    fn note(&self, id: u64) {
        self.noted.lock().unwrap().push(id);
    }

    #[oneway]
    async fn slowly(&self, millis: u64) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(millis)).await;
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    #[oneway]
    #[blocking]
    fn blocks(&self, millis: u64) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(millis));
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    #[oneway]
    fn names(&self, state: &State) {
        self.actors.lock().unwrap().push(state.actor().unwrap_or_default().to_owned());
    }

    #[oneway]
    fn panics(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        panic!("nobody hears it")
    }

    #[oneway]
    fn takes(&self, picky: Picky) {
        drop(picky);
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// An ordinary one.
    fn count(&self) -> usize {
        self.noted.lock().unwrap().len()
    }
}

fn count(counter: &AtomicU32) -> u32 {
    counter.load(Ordering::SeqCst)
}

async fn returns_before_the_body_has_ended(way: Way) {
    let bed = Bed::<Letters>::of(way).await;
    let start = Instant::now();
    assert_eq!(bed.shard.slowly(300).await, Ok(()));
    assert!(start.elapsed() < Duration::from_millis(150), "{:?}", start.elapsed());
    assert_eq!(count(&bed.module.ended), 0);
    until(Duration::from_secs(2), "it ends", || count(&bed.module.ended) == 1).await;
    assert!(start.elapsed() >= Duration::from_millis(290), "{:?}", start.elapsed());
    until(Duration::from_secs(1), "nothing runs", || bed.nodes.callee.running() == 0).await;
}

/// More than may be in flight: whoever queues waits for a place, and nothing gets lost.
async fn runs_once_each(way: Way) {
    let bed = Bed::<Letters>::of(way).await;
    for id in 0..3_000 {
        assert_eq!(bed.shard.note(id).await, Ok(()));
    }
    let noted = || bed.module.noted.lock().unwrap().len();
    until(Duration::from_secs(10), "all have run", || noted() >= 3_000).await;
    let mut ids = bed.module.noted.lock().unwrap().clone();
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(0..3_000), "each once");
    assert!(bed.bystander.noted.lock().unwrap().is_empty());
}

async fn begins_in_order(way: Way) {
    let bed = Bed::<Letters>::of(way).await;
    for id in 0..200 {
        bed.shard.note(id).await.unwrap();
    }
    // An ordinary call that comes behind them begins behind them.
    assert_eq!(bed.shard.count().await, Ok(200));
    assert!(bed.module.noted.lock().unwrap().iter().copied().eq(0..200));
}

async fn of_a_blocking_method(way: Way) {
    let bed = Bed::<Letters>::of(way).await;
    let start = Instant::now();
    assert_eq!(bed.shard.blocks(200).await, Ok(()));
    assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
    until(Duration::from_secs(2), "it ends", || count(&bed.module.ended) == 1).await;
    assert_eq!(count(&bed.module.begun), 1);
}

async fn carries_its_context(way: Way) {
    let bed = Bed::<Letters>::of(way).await;
    bed.shard.names(&State::new().with_actor("alice")).await.unwrap();
    until(Duration::from_secs(2), "it has run", || *bed.module.actors.lock().unwrap() == ["alice"]).await;
}

async fn failures_are_counted(way: Way) {
    let bed = Bed::<Letters>::of(way).await;
    bed.shard.note(1).await.unwrap();
    bed.shard.panics().await.unwrap();
    bed.shard.takes(Picky::new(Picky::FAILS_WHEN_READ)).await.unwrap();
    // It does not end in time.
    Shard::timeout(&bed.shard, Duration::from_millis(50)).slowly(60_000).await.unwrap();
    let failed = || bed.nodes.caller.calls().one_way_failed;
    until(Duration::from_secs(2), "three have failed", || failed() == 3).await;
    assert_eq!(bed.nodes.caller.calls().one_way, 4);
    assert_eq!((count(&bed.module.begun), count(&bed.module.ended)), (2, 0));
    until(Duration::from_secs(1), "nothing runs", || bed.nodes.callee.running() == 0).await;
}

async fn what_cannot_be_queued_is_an_error(way: Way) {
    let bed = Bed::<Letters>::of(way).await;
    let error = bed.shard.takes(Picky::new(Picky::FAILS_WHEN_WRITTEN)).await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { reason: NotStarted::CannotEncode(_), .. }), "{error:?}");
    let error = Shard::timeout(&bed.shard, Duration::ZERO).note(1).await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Expired, .. }), "{error:?}");
    bed.nodes.callee.shutdown().await;
    let call = within(Duration::from_secs(1), "the refusal", bed.shard.note(2));
    let error = call.await.unwrap_err();
    assert!(error.is_not_started(), "{error:?}");
    assert!(bed.module.noted.lock().unwrap().is_empty());
}
