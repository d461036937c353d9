//! How long one call takes when it is the only one. The limit is the better of L1 and L2.

use crate::bed::{Bed, Place};
use crate::callers::{L1, L2Step, Step};
use crate::options::Options;
use crate::rounds::rounds;
use crate::table::{Goal, Table};
use crate::trips::Trips;

pub(crate) async fn measure(bed: &Bed, options: &Options, table: &mut Table) {
    let (l1, l2, ours) = (L1::step(bed).await, L2Step::of(bed).await, Step(bed.shard()));
    let count = options.trips();
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    let limit = async || {
        let (first, second) = (Trips::of(&l1, count).await, Trips::of(&l2, count).await);
        firsts.push(first.p50);
        seconds.push(second.p50);
        first.least(second)
    };
    let pairs = rounds(options.rounds(), limit, async || Trips::of(&ours, count).await).await;
    // In one process a wake-up may cross to the other core, or not: both are right, and not comparable.
    let goal = if bed.place == Place::TwoProcesses { Goal::AtMost(1.15) } else { Goal::None };
    table.row("one in flight, p50, µs", goal, pairs.iter().map(|pair| (pair.0.p50, pair.1.p50)));
    table.note("L1", firsts);
    table.note("L2", seconds);
    table.row("one in flight, p99, µs", Goal::None, pairs.iter().map(|pair| (pair.0.p99, pair.1.p99)));
}
