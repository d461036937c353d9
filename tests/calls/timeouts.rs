//! How long a call may take, as its method, its shard and its context say.

use std::time::Duration;

use shard_runtime::{CallError, NotStarted, Shard, State, Unknown, sharded_module};
use tokio::time::Instant;

use crate::bed::{Bed, Way, on_time, within_ms};
use crate::probe::Probe;

in_four_ways!(
    none_at_all_is_expired,
    a_millisecond_is_a_race,
    ages_are_clamped,
    more_than_the_nodes_default,
    a_shard_with_a_timeout_leaves_the_other_as_it_is,
    of_a_method,
    of_a_method_and_a_shard,
    never_more_than_the_context_has,
    of_blocking_methods,
);

/// So long that no clock can add it.
const AGES: [Duration; 3] =
    [Duration::from_secs(3 * 365 * 24 * 3600), Duration::from_secs(u64::MAX), Duration::MAX];

const MS: Duration = Duration::from_millis(1);

fn is_deadline<T: std::fmt::Debug>(outcome: Result<T, CallError>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
}

async fn none_at_all_is_expired(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let shard = Shard::timeout(&bed.shard, Duration::ZERO);
    for outcome in [shard.echo(1).await, shard.slowly(2, 1).await, shard.blocks(3, 1).await] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Expired, .. }), "{error:?}");
    }
    assert_eq!(bed.module.all_runs(), 0);
}

async fn a_millisecond_is_a_race(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let shard = Shard::timeout(&bed.shard, MS);
    for id in 0..20 {
        let start = Instant::now();
        let outcome = shard.slowly(id, 50).await;
        assert!(start.elapsed() <= Duration::from_millis(101), "{:?}", start.elapsed());
        let runs = bed.module.runs(&id.to_string());
        match outcome.unwrap_err() {
            CallError::NotStarted { reason: NotStarted::Expired, .. } => assert_eq!(runs, 0),
            CallError::Unknown { reason: Unknown::Deadline, .. } => assert!(runs <= 1),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(bed.shard.echo(1).await, Ok(1));
}

async fn ages_are_clamped(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    for age in AGES {
        let shard = Shard::timeout(&bed.shard, age);
        assert_eq!(shard.echo(1).await, Ok(1));
        assert_eq!(shard.slowly(2, 5).await, Ok(2));
        assert_eq!(shard.blocks(3, 1).await, Ok(3));
        let left = shard.sees(&State::new()).await.unwrap().left.unwrap();
        assert!(left > 24 * 3600 * 1_000_000, "{left}");
    }
}

async fn more_than_the_nodes_default(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let shard = Shard::timeout(&bed.shard, Duration::from_secs(60));
    let left = shard.sees(&State::new()).await.unwrap().left.unwrap();
    assert!((50_000_000..=60_000_000).contains(&left), "{left}");
}

async fn a_shard_with_a_timeout_leaves_the_other_as_it_is(way: Way) {
    let bed = Bed::<Probe>::of(way).await;
    let brief = Shard::timeout(&bed.shard, Duration::from_millis(120));
    assert_eq!((Shard::key(&brief), Shard::boot(&brief)), (Shard::key(&bed.shard), Shard::boot(&bed.shard)));
    let start = Instant::now();
    is_deadline(brief.hangs().await);
    on_time(start, 120);
    assert_eq!(bed.shard.slowly(1, 250).await, Ok(1));
    // The last one counts.
    let start = Instant::now();
    is_deadline(Shard::timeout(&Shard::timeout(&brief, Duration::MAX), 40 * MS).hangs().await);
    on_time(start, 40);
}

/// Says itself how long it may take.
#[derive(Default)]
struct Brief;

#[sharded_module]
impl Brief {
    #[timeout("250ms")]
    async fn hangs(&self) {
        std::future::pending::<()>().await;
    }

    #[timeout("1.5m")]
    fn left(&self, state: &State) -> u64 {
        left(state)
    }

    #[timeout("80ms")]
    #[blocking]
    fn blocks(&self, state: &State, millis: u64) -> u64 {
        std::thread::sleep(Duration::from_millis(millis));
        left(state)
    }
}

/// Milliseconds to the deadline.
fn left(state: &State) -> u64 {
    let left = state.deadline().unwrap().saturating_duration_since(Instant::now());
    u64::try_from(left.as_millis()).unwrap()
}

async fn of_a_method(way: Way) {
    let bed = Bed::<Brief>::of(way).await;
    let start = Instant::now();
    is_deadline(bed.shard.hangs().await);
    on_time(start, 250);
    let left = bed.shard.left(&State::new()).await.unwrap();
    assert!((80_000..=90_000).contains(&left), "{left}");
}

async fn of_a_method_and_a_shard(way: Way) {
    let bed = Bed::<Brief>::of(way).await;
    for millis in [60, 400] {
        let start = Instant::now();
        is_deadline(Shard::timeout(&bed.shard, Duration::from_millis(millis)).hangs().await);
        on_time(start, millis);
    }
}

async fn never_more_than_the_context_has(way: Way) {
    let bed = Bed::<Brief>::of(way).await;
    for shard in [bed.shard.clone(), Shard::timeout(&bed.shard, Duration::MAX)] {
        let start = Instant::now();
        is_deadline(within_ms(100).scope(shard.hangs()).await);
        on_time(start, 100);
        let left = shard.left(&within_ms(2_000)).await.unwrap();
        assert!((1_000..=2_000).contains(&left), "{left}");
    }
}

async fn of_blocking_methods(way: Way) {
    let bed = Bed::<Brief>::of(way).await;
    let start = Instant::now();
    is_deadline(bed.shard.blocks(&State::new(), 300).await);
    on_time(start, 80);
    assert!(bed.shard.blocks(&State::new(), 0).await.unwrap() <= 80);
}
