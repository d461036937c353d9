//! What a call costs from end to end, beside what it could cost, measured in the same run:
//! `cargo bench --package shard-runtime --bench calls`.
//!
//! | argument | does |
//! |---|---|
//! | `--only NAME` | one section: `latency`, `rate`, `large`, `stream`, `broadcast` or `variants`; for profiling, say |
//! | `--place one` or `two` | only with both ends in one process, or in two |
//! | `--quick` | few and short rounds |
//! | `--check` | exits with 1 when a ratio is worse than its goal by a factor of two |
//!
//! As in `cargo bench --package shard-runtime --bench calls -- --quick --check`.
//!
//! The limits are written by hand for this work alone, in the folder `limit`: L1 sends as many bytes there and back and
//! does nothing with them, L2 is the fastest caller and callee that we know how to write. The limit and ours take
//! turns; each figure is the median of all rounds but the first, and the ratio the median of the rounds' ratios, so that
//! the machine's mood is in neither. It need not be the quotient of the figures beside it. Absolute figures drift by tens
//! of percent: believe the ratios, and those only of runs on a quiet machine.
//!
//! With both ends in one process they share a runtime of two threads. In two, the program runs itself again as the
//! server, and each has a runtime of two threads. CPU and context switches are those of all threads of both.

#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod bed;
mod broadcast;
mod callers;
mod large;
mod latency;
mod limit;
mod load;
mod options;
mod process;
mod rate;
mod rounds;
mod servers;
mod stream;
mod table;
mod trips;
mod usage;
mod variants;
mod work;

use std::process::ExitCode;

use bed::{Bed, Place};
use options::{Options, Role};
use table::Table;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        // cargo nextest asks each target for its tests, and here there are none.
        Ok(Role::List) => return ExitCode::SUCCESS,
        Ok(Role::Serve { nodes }) => {
            runtime().block_on(process::serve(nodes));
            return ExitCode::SUCCESS;
        }
        Ok(Role::Measure(options)) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let mut table = Table::default();
    // A runtime for each placement, so that nothing of the one is left in the other.
    for place in options.places() {
        runtime().block_on(measure(place, &options, &mut table));
    }
    if options.check && !table.is_good() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("there are threads")
}

async fn measure(place: Place, options: &Options, table: &mut Table) {
    table.head(place.title());
    let bed = Bed::start(place, 1).await;
    if options.wants("latency") {
        latency::measure(&bed, options, table).await;
    }
    if options.wants("rate") {
        rate::measure(&bed, options, table).await;
    }
    if options.wants("large") {
        large::measure(&bed, options, table).await;
    }
    if options.wants("stream") {
        stream::measure(&bed, options, table).await;
    }
    if options.wants("variants") {
        variants::measure(&bed, options, table).await;
    }
    drop(bed);
    if options.wants("broadcast") {
        let bed = Bed::start(place, broadcast::NODES).await;
        broadcast::measure(&bed, options, table).await;
    }
}
