//! 64 KiB there and back. The limit is L1 for one call, and L2 for several.

use crate::bed::Bed;
use crate::callers::{Echo, L1, L2Echo};
use crate::load::Load;
use crate::options::Options;
use crate::rounds::rounds;
use crate::table::{Goal, Table};
use crate::trips::Trips;
use crate::work::LARGE;

pub(crate) async fn measure(bed: &Bed, options: &Options, table: &mut Table) {
    let (l1, l2, ours) = (L1::large(bed).await, L2Echo::of(bed).await, Echo::of(bed));
    let (count, processes) = (options.trips() / 2, bed.processes());
    let limit = async || Trips::of(&l1, count).await;
    let pairs = rounds(options.rounds(), limit, async || Trips::of(&ours, count).await).await;
    table.row(
        "64 KiB echo, one in flight, p50, µs",
        Goal::None,
        pairs.iter().map(|pair| (pair.0.p50, pair.1.p50)),
    );
    let limit = async || Load::of(&l2, 8, options.time(), &processes).await;
    let pairs =
        rounds(options.rounds(), limit, async || Load::of(&ours, 8, options.time(), &processes).await);
    // Bytes in both directions.
    let size = f64::from(u32::try_from(LARGE).expect("it is not so large"));
    let rates =
        pairs.await.into_iter().map(|pair| (pair.0.rate * 2.0 * size / 1e6, pair.1.rate * 2.0 * size / 1e6));
    table.row("64 KiB echo, 8 in flight, MB / s, both ways", Goal::AtLeast(0.9), rates);
}
