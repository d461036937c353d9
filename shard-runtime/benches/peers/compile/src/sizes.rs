//! How what cargo takes grows with the methods of a service.

use std::error::Error;
use std::time::Duration;

use crate::run::{Ask, Took, median, run};
use crate::service::{SHARD, Service, TARPC};

const SIZES: [usize; 3] = [10, 100, 400];
const ROUNDS: usize = 3;

/// Prints, for each size, what ours and tarpc's take; and how much of it each method beyond the hundredth takes, beside
/// those before.
pub(crate) fn compare(title: &str, ask: Ask) -> Result<(), Box<dyn Error>> {
    let services = [SHARD, TARPC].map(|service| (service, SIZES.map(|size| source(ask, service, size))));
    let mut times = [const { [const { Vec::new() }; SIZES.len()] }; 2];
    for round in 0..=ROUNDS {
        for place in 0..SIZES.len() {
            for ((service, sources), times) in services.iter().zip(&mut times) {
                let took = run(ask, *service, &sources[place])?;
                // The first round builds what they depend on.
                if round > 0 {
                    times[place].push(took);
                }
            }
        }
    }
    println!("{title}, medians of {ROUNDS} runs that take turns");
    report("by the clock", &times, |took| took.time);
    report("of processors", &times, |took| took.cpu);
    Ok(())
}

/// What is only checked need not be used.
fn source(ask: Ask, service: Service, methods: usize) -> String {
    match ask {
        Ask::Build => service.source_in_use(methods),
        Ask::Check | Ask::CheckAgain => service.source(methods),
    }
}

fn report(what: &str, times: &[[Vec<Took>; SIZES.len()]; 2], figure: fn(&Took) -> Duration) {
    let [shard, tarpc] = times
        .each_ref()
        .map(|sizes| sizes.each_ref().map(|times| median(times.iter().map(figure)).as_secs_f64()));
    for ((size, shard), tarpc) in SIZES.iter().zip(shard).zip(tarpc) {
        let ratio = shard / tarpc;
        println!(
            "    {what}, {size:3} methods: shard {shard:6.2} s, tarpc {tarpc:6.2} s; shard / tarpc: {ratio:.2}"
        );
    }
    println!(
        "    {what}, from 100 to 400, beside linear: shard {:.2}, tarpc {:.2} (goal: 0.80 to 1.20)",
        growth(shard),
        growth(tarpc)
    );
}

/// 1 when it is linear: a service without methods takes some time, too, so that one of ten is taken off.
fn growth([t10, t100, t400]: [f64; SIZES.len()]) -> f64 {
    (t400 - t10) / (t100 - t10) / (390.0 / 90.0)
}
