//! Many slow calls at once, to be in flight when something happens to their node.

use std::time::{Duration, Instant};

use shard_runtime::CallError;
use tokio::task::JoinSet;

use crate::arena::ArenaShard;
use crate::console::Millis;

/// Makes `count` calls that take `millis` each, and tells when all have ended, and how. Each is made for
/// a player of its own, so that the node's counters would show one that ran twice.
pub(crate) async fn run(name: String, shard: ArenaShard, count: usize, millis: u64) {
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for number in 1..=count {
        let (player, shard) = (format!("{name}-{number}"), shard.clone());
        calls.spawn(async move { shard.linger(&player, millis).await });
    }
    let mut ends = Ends::default();
    while let Some(ended) = calls.join_next().await {
        let after = start.elapsed();
        ends.first.get_or_insert(after);
        ends.last = after;
        match ended {
            Ok(Ok(())) => ends.ok += 1,
            Ok(Err(CallError::NotStarted { .. })) => ends.not_started += 1,
            Ok(Err(CallError::Unknown { .. })) => ends.unknown += 1,
            Ok(Err(_)) | Err(_) => ends.other += 1,
        }
    }
    let Ends { ok, not_started, unknown, other, .. } = ends;
    let (first, last) = (Millis(ends.first.unwrap_or_default()), Millis(ends.last));
    println!(
        "{name}: {ok} ok, {not_started} not started, {unknown} unknown, {other} other, after {first} to {last}"
    );
}

#[derive(Default)]
struct Ends {
    ok: usize,
    not_started: usize,
    unknown: usize,
    other: usize,
    first: Option<Duration>,
    last: Duration,
}
