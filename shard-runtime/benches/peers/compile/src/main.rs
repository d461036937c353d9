//! Writes one service three times, for shard-runtime, for tarpc and without either, and compares how long `cargo check`
//! of each takes while everything it depends on is built.
//!
//! ```console
//! $ cargo run --package compile               a service of 100 methods
//! $ cargo run --package compile -- --all      and of 10 and 400, and debug builds: half an hour and more
//! ```
//!
//! The runs take turns, so that a machine that gets slower gets slower for all. For 100 methods, the last line is the
//! ratio of the medians, shard-runtime by tarpc; what is printed above it puts that into its parts.

mod run;
mod service;
mod sizes;

use std::env;
use std::error::Error;
use std::time::Duration;

use run::{Ask, median, run};
use service::{PLAIN, SHARD, TARPC};

const METHODS: usize = 100;
const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let all = match env::args().nth(1).as_deref() {
        None => false,
        Some("--all") => true,
        Some(other) => return Err(format!("`{other}`? there is `--all`").into()),
    };
    println!("`cargo check` of {METHODS} methods, medians of {ROUNDS} runs that take turns");
    report("unchanged, with what the compiler remembers", compare(Ask::CheckAgain)?);
    let cold = compare(Ask::Check)?;
    report("from nothing", cold);
    println!("shard / tarpc: {:.2} (goal: 1.00 at most)", cold[1].as_secs_f64() / cold[2].as_secs_f64());
    if all {
        sizes::compare("`cargo check` from nothing", Ask::Check)?;
        sizes::compare("debug build from nothing, served and each method called once", Ask::Build)?;
    }
    Ok(())
}

/// The medians of plain, shard and tarpc.
fn compare(ask: Ask) -> Result<[Duration; 3], Box<dyn Error>> {
    let sources = [PLAIN, SHARD, TARPC].map(|service| (service, service.source(METHODS)));
    let mut times = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        for ((service, source), times) in sources.iter().zip(&mut times) {
            let took = run(ask, *service, source)?;
            // The first round builds what they depend on.
            if round > 0 {
                times.push(took.time);
            }
        }
    }
    Ok(times.map(median))
}

fn report(what: &str, [plain, shard, tarpc]: [Duration; 3]) {
    println!("{what}: plain {plain:.2?}, shard {shard:.2?}, tarpc {tarpc:.2?}");
    let over = |time: Duration| time.saturating_sub(plain).as_secs_f64() * 1e3 / METHODS as f64;
    println!("    above plain, for each method: shard {:.2} ms, tarpc {:.2} ms", over(shard), over(tarpc));
}
