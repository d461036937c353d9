//! How many calls there are in a second, and what each costs, when many are in flight. The limit is L2.

use crate::bed::Bed;
use crate::callers::{L2Step, Step};
use crate::load::Load;
use crate::options::Options;
use crate::rounds::rounds;
use crate::table::{Goal, Table};

pub(crate) async fn measure(bed: &Bed, options: &Options, table: &mut Table) {
    let (l2, ours, processes) = (L2Step::of(bed).await, Step(bed.shard()), bed.processes());
    for tasks in [64, 512] {
        let limit = async || Load::of(&l2, tasks, options.time(), &processes).await;
        let ours = async || Load::of(&ours, tasks, options.time(), &processes).await;
        let pairs = rounds(options.rounds(), limit, ours).await;
        let is_many = tasks == 512;
        let goal = |most: f64| if is_many { Goal::AtMost(most) } else { Goal::None };
        let rates = pairs.iter().map(|pair| (pair.0.rate / 1e3, pair.1.rate / 1e3));
        table.row(&format!("{tasks} in flight, thousand calls / s"), Goal::AtLeast(0.7), rates);
        let cpus = pairs.iter().filter_map(|pair| pair.0.cpu.zip(pair.1.cpu));
        table.row(&format!("{tasks} in flight, CPU of a call, µs"), goal(1.4), cpus);
        if is_many {
            let switches = pairs.iter().filter_map(|pair| pair.0.switches.zip(pair.1.switches));
            table.row("512 in flight, context switches of a call", goal(2.0), switches);
        }
    }
}
