//! Ours beside ours: what a context costs, and what it costs to follow a key.

use shard_runtime::State;

use crate::bed::Bed;
use crate::callers::{Caller, Step, StepIn};
use crate::load::Load;
use crate::options::Options;
use crate::rounds::rounds;
use crate::table::{Goal, Table};
use crate::trips::Trips;

pub(crate) async fn measure(bed: &Bed, options: &Options, table: &mut Table) {
    let pinned = bed.shard();
    let keyed = bed.module().keyed_shard("arena-42").expect("the node is ready");
    let plain = StepIn(pinned.clone(), State::new());
    let acting = StepIn(pinned.clone(), State::new().with_actor("player-00123"));
    table.subhead("variants of ours", "without", "with");
    compare("a state", &Step(pinned.clone()), &plain, bed, options, table).await;
    compare("an actor in the state", &plain, &acting, bed, options, table).await;
    compare("a keyed shard, not a pinned one", &Step(pinned), &Step(keyed), bed, options, table).await;
}

async fn compare(
    name: &str,
    without: &impl Caller,
    with: &impl Caller,
    bed: &Bed,
    options: &Options,
    table: &mut Table,
) {
    let (count, processes) = (options.trips(), bed.processes());
    let (one, other) = (async || Trips::of(without, count).await, async || Trips::of(with, count).await);
    let trips = rounds(options.rounds(), one, other).await;
    table.row(&format!("{name}: p50, µs"), Goal::None, trips.iter().map(|pair| (pair.0.p50, pair.1.p50)));
    let one = async || Load::of(without, 64, options.time(), &processes).await;
    let other = async || Load::of(with, 64, options.time(), &processes).await;
    let loads = rounds(options.rounds(), one, other).await;
    let rates = loads.iter().map(|pair| (pair.0.rate / 1e3, pair.1.rate / 1e3));
    table.row(&format!("{name}: thousand calls / s"), Goal::None, rates);
    let cpus = loads.iter().filter_map(|pair| pair.0.cpu.zip(pair.1.cpu));
    table.row(&format!("{name}: CPU of a call, µs"), Goal::None, cpus);
}
