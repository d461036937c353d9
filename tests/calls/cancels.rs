//! Whoever drops a call's future stops the work for it (I11); whoever said that it goes on, goes on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, NotStarted, ShardToken, State, sharded_module};
use tokio::time::{Instant, sleep, timeout};

use crate::bed::{Bed, Way, within_ms};
use crate::patience::until;
use crate::probe::Probe;

in_four_ways!(
    a_dropped_call_is_dropped_over_there,
    and_so_are_the_calls_that_it_has_made,
    others_go_on,
    a_deadline_ends_it_over_there_as_well,
    cancelled_is_told_to_what_was_begun_elsewhere,
    a_blocking_method_can_ask,
    detached_runs_to_its_end,
    detached_can_be_told,
    detached_is_not_ended_by_its_deadline,
    whoever_gives_up_frees_a_place,
    calls_that_are_dropped_anywhere_leave_nothing,
);

/// I11.
const SOON: Duration = Duration::from_secs(1);

/// Counts what begins, what ends and what is dropped before that.
#[derive(Default)]
struct Worker {
    begun: AtomicU32,
    ended: AtomicU32,
    dropped: AtomicU32,
    told: AtomicU32,
}

/// Counts unless it was taken to its end.
struct Guard<'a>(&'a Worker);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

#[sharded_module]
impl Worker {
    #[local]
    fn begin(&self) -> Guard<'_> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        Guard(self)
    }

    #[local]
    fn end(&self, guard: Guard<'_>) {
        std::mem::forget(guard);
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// What has begun, ended, was dropped.
    #[local]
    fn counts(&self) -> (u32, u32, u32) {
        let count = |counter: &AtomicU32| counter.load(Ordering::SeqCst);
        (count(&self.begun), count(&self.ended), count(&self.dropped))
    }

    async fn works(&self, millis: u64) {
        let guard = self.begin();
        sleep(Duration::from_millis(millis)).await;
        self.end(guard);
    }

    #[detached]
    async fn goes_on(&self, millis: u64) {
        let guard = self.begin();
        sleep(Duration::from_millis(millis)).await;
        self.end(guard);
    }

    /// Works until nobody waits for it.
    #[detached]
    async fn watches(&self, state: &State) {
        let guard = self.begin();
        assert!(!state.is_cancelled());
        state.cancelled().await;
        assert!(state.is_cancelled());
        self.told.fetch_add(1, Ordering::SeqCst);
        self.end(guard);
    }

    /// Makes a call, and waits for it.
    async fn delegates(&self, state: &State, to: ShardToken) {
        let guard = self.begin();
        let other = state.module::<Self>().get_shard(&to).unwrap();
        let _ = other.works(60_000).await;
        self.end(guard);
    }

    #[blocking]
    fn asks(&self, state: &State) {
        let guard = self.begin();
        while !state.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.told.fetch_add(1, Ordering::SeqCst);
        self.end(guard);
    }
}

async fn begun(bed: &Bed<Worker>, count: u32) {
    until(Duration::from_secs(5), "they have begun", || bed.module.counts().0 == count).await;
}

async fn idle(bed: &Bed<Worker>) {
    let nodes = [&bed.nodes.caller, &bed.nodes.callee];
    until(SOON, "nothing runs", || nodes.iter().all(|node| node.running() == 0)).await;
}

/// Polls a call until it runs over there, and then drops it.
async fn dropped_midway<T>(bed: &Bed<Worker>, count: u32, call: impl Future<Output = T>) {
    tokio::select! {
        _ = call => panic!("it ended"),
        () = begun(bed, count) => {}
    }
}

async fn a_dropped_call_is_dropped_over_there(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    for n in 1..=5 {
        dropped_midway(&bed, n, bed.shard.works(60_000)).await;
        let took = until(SOON, "it is dropped", || bed.module.counts() == (n, 0, n)).await;
        // In practice it is a round trip.
        assert!(took <= Duration::from_millis(200), "{took:?}");
    }
    idle(&bed).await;
}

async fn and_so_are_the_calls_that_it_has_made(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    let caller = {
        use shard_runtime::Shard as _;
        bed.nodes.caller.module::<Worker>().local_shard().unwrap().token().mint()
    };
    // From the callee back to the caller, which are one where the call stays.
    let inner = if way.is_remote() { &bed.bystander } else { &bed.module };
    let all = |worker: &Worker| worker.counts().0;
    let state = State::new();
    tokio::select! {
        _ = bed.shard.delegates(&state, caller) => panic!("it ended"),
        _ = until(Duration::from_secs(5), "both run", || {
            all(&bed.module) + if way.is_remote() { all(inner) } else { 0 } == 2
        }) => {}
    }
    until(SOON, "both are dropped", || {
        let dropped = bed.module.counts().2 + if way.is_remote() { inner.counts().2 } else { 0 };
        dropped == 2
    })
    .await;
    idle(&bed).await;
    assert_eq!(bed.module.counts().1 + bed.bystander.counts().1, 0, "none came to its end");
}

async fn others_go_on(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    let stay = join_all((0..20).map(|_| bed.shard.works(150)));
    let go = async {
        let calls = join_all((0..20).map(|_| timeout(Duration::from_millis(40), bed.shard.works(60_000))));
        assert!(calls.await.iter().all(Result::is_err));
    };
    let (stay, ()) = tokio::join!(stay, go);
    assert!(stay.iter().all(Result::is_ok));
    until(SOON, "the others are dropped", || bed.module.counts() == (40, 20, 20)).await;
    idle(&bed).await;
}

async fn a_deadline_ends_it_over_there_as_well(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    within_ms(80).scope(bed.shard.works(60_000)).await.unwrap_err();
    until(SOON, "it is dropped", || bed.module.counts() == (1, 0, 1)).await;
    idle(&bed).await;
}

/// Begins something in a task of its own.
#[derive(Default)]
struct Starter {
    told: std::sync::Arc<AtomicU32>,
    begun: AtomicU32,
}

#[sharded_module]
impl Starter {
    async fn starts(&self, hangs: bool) {
        let told = std::sync::Arc::clone(&self.told);
        let task = State::spawn(async move {
            State::current().cancelled().await;
            told.fetch_add(1, Ordering::SeqCst);
        });
        self.begun.fetch_add(1, Ordering::SeqCst);
        if hangs {
            std::future::pending::<()>().await;
        }
        drop(task);
    }
}

async fn cancelled_is_told_to_what_was_begun_elsewhere(way: Way) {
    let bed = Bed::<Starter>::of(way).await;
    tokio::select! {
        _ = bed.shard.starts(true) => panic!("it ended"),
        _ = until(Duration::from_secs(5), "it runs", || bed.module.begun.load(Ordering::SeqCst) == 1) => {}
    }
    until(SOON, "it is told", || bed.module.told.load(Ordering::SeqCst) == 1).await;
    // At the deadline too, whoever has ended by then.
    let start = Instant::now();
    within_ms(100).scope(bed.shard.starts(true)).await.unwrap_err();
    until(SOON, "it is told", || bed.module.told.load(Ordering::SeqCst) == 2).await;
    assert!(start.elapsed() >= Duration::from_millis(90), "{:?}", start.elapsed());
}

async fn a_blocking_method_can_ask(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    dropped_midway(&bed, 1, bed.shard.asks(&State::new())).await;
    until(SOON, "it was told", || bed.module.told.load(Ordering::SeqCst) == 1).await;
    // At its deadline it returns by itself, which may be in time.
    let _ = bed.shard.asks(&within_ms(60)).await;
    until(SOON, "it was told", || bed.module.told.load(Ordering::SeqCst) == 2).await;
    assert_eq!(bed.module.counts(), (2, 2, 0), "it is never cut short");
    idle(&bed).await;
}

async fn detached_runs_to_its_end(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    assert_eq!(bed.shard.goes_on(5).await, Ok(()));
    assert_eq!(bed.module.counts(), (1, 1, 0));
    dropped_midway(&bed, 2, bed.shard.goes_on(150)).await;
    assert_eq!(bed.module.counts(), (2, 1, 0));
    until(SOON, "it ends", || bed.module.counts() == (2, 2, 0)).await;
    idle(&bed).await;
}

async fn detached_can_be_told(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    dropped_midway(&bed, 1, bed.shard.watches(&State::new())).await;
    until(SOON, "it was told", || bed.module.told.load(Ordering::SeqCst) == 1).await;
    until(SOON, "it ends", || bed.module.counts() == (1, 1, 0)).await;
    idle(&bed).await;
}

async fn detached_is_not_ended_by_its_deadline(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    let start = Instant::now();
    within_ms(60).scope(bed.shard.goes_on(250)).await.unwrap_err();
    crate::bed::on_time(start, 60);
    assert_eq!(bed.module.counts(), (1, 0, 0));
    until(SOON, "it ends", || bed.module.counts() == (1, 1, 0)).await;
    idle(&bed).await;
}

async fn whoever_gives_up_frees_a_place(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let places = if way.is_remote() { 1_024 } else { 10_000 };
    let state = State::new().with_deadline(Instant::now() + Duration::from_secs(30));
    let mut held: Vec<_> = (0..places).map(|_| Box::pin(state.clone().scope(bed.shard.hangs()))).collect();
    for call in &mut held {
        assert!(futures::poll!(call.as_mut()).is_pending());
    }
    let full = |outcome: &Result<u64, CallError>| {
        matches!(outcome, Err(CallError::NotStarted { reason: NotStarted::Overloaded, .. }))
    };
    assert!(full(&bed.shard.echo(1).await));
    until(Duration::from_secs(10), "all run", || bed.module.runs("hangs") == places).await;
    held.truncate(held.len() / 2);
    let start = Instant::now();
    loop {
        let outcome = bed.shard.echo(2).await;
        if !full(&outcome) {
            assert_eq!(outcome, Ok(2));
            break;
        }
        assert!(start.elapsed() < SOON, "its place is still taken");
    }
    drop(held);
    until(SOON, "all places are free", || bed.nodes.callee.running() == 0).await;
    assert_eq!(bed.module.runs("echo"), 1);
}

async fn calls_that_are_dropped_anywhere_leave_nothing(way: Way) {
    let bed = Bed::<Worker>::of(way).await;
    for round in 0..20_u32 {
        let mut calls: Vec<_> = (0..50_u32)
            .map(|n| {
                let shard = &bed.shard;
                Box::pin(async move {
                    if n.is_multiple_of(2) { shard.works(3).await } else { shard.works(60_000).await }
                })
            })
            .collect();
        // Some are never polled, some have been sent, some run, some have been answered.
        for call in calls.iter_mut().skip(5) {
            let _ = futures::poll!(call.as_mut());
        }
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        sleep(Duration::from_micros(u64::from(round) * 400)).await;
        drop(calls);
    }
    idle(&bed).await;
    let (begun, ended, dropped) = bed.module.counts();
    assert_eq!(begun, ended + dropped);
    // As good as new.
    assert_eq!(bed.shard.works(1).await, Ok(()));
    assert_eq!(bed.module.counts().1, ended + 1);
}
