//! How long a table takes to build, and a key to find: `cargo bench --bench routing`.
//!
//! A plan is a table and a sorted list of names, so its figures are the table's and a little more.

use std::hint::black_box;
use std::time::{Duration, Instant};

use shard_runtime::{Key, Plan};

fn main() {
    // cargo nextest asks each target for its tests, and here there are none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    println!("nodes   build a table   with limit = 3   find a key's owner");
    for n in [1, 3, 10, 50, 100, 200, 1024, 5000] {
        let names: Vec<_> = (0..n).map(|n| format!("arena-host-{n}.example:4000")).collect();
        let build = least_of(20, || Plan::new(names.clone()));
        let plan = Plan::new(names);
        let limit = least_of(20, || plan.clone().limit(3));
        println!("{n:5}   {build:>13.2?}   {limit:>14.2?}   {:>18.1?}", find(&plan));
    }
}

fn least_of<T>(times: usize, mut run: impl FnMut() -> T) -> Duration {
    let time = |()| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    std::iter::repeat_n((), times).map(time).min().unwrap_or_default()
}

/// The mean of many keys, hash included.
fn find(plan: &Plan) -> Duration {
    const ROUNDS: u32 = 20;
    let keys: Vec<_> = (0..10_000).map(|key| Key::from(format!("arena-{key}"))).collect();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        for key in &keys {
            black_box(plan.owner(key.clone()));
        }
    }
    start.elapsed() / ROUNDS / 10_000
}
