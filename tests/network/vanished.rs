//! A machine is gone, and not one packet says so.

use std::thread::sleep;
use std::time::Duration;

use crate::fleet::{Fleet, millis};
use crate::ledger::micros;
use crate::load::Outcome;
use crate::machines::Machines;

#[test]
fn a_host_that_vanishes_is_found_dead_and_removed() {
    let Some(machines) = Machines::new() else { return };
    let mut fleet = Fleet::on(&machines);
    // Every eighth call would take almost to its deadline.
    fleet.load(1, 400, 4_500);
    sleep(Duration::from_secs(2));
    machines.silence(0);
    let vanished = micros();
    let victim = fleet.nodes.remove(0);
    let removed = fleet.each_saw(vanished, Duration::from_secs(11), |seen| seen.state("n0").is_none());
    let removed = removed.into_iter().map(|at| millis(vanished, at)).max().unwrap();
    sleep(Duration::from_secs(1));
    let names = fleet.names();
    fleet.settled(&names, Duration::from_secs(5));
    let book = fleet.book();
    drop(victim);
    let lost =
        |outcome: &Outcome| matches!(outcome, Outcome::Unknown(reason) if reason.contains("connection"));
    let flying = book.in_flight("n0", vanished);
    let told = book.of(|_, call| {
        let on_its_way = call.to.as_deref() == Some("n0") && call.ended > vanished;
        on_its_way && lost(&call.outcome)
    });
    println!(
        "a host vanishes: {} calls in flight, the last ended after {} ms; {} were told of a lost connection, the \
         last after {} ms; removed by all after {removed} ms",
        flying.len(),
        flying.last_end(vanished),
        told.len(),
        told.last_end(vanished),
    );
    assert!(told.len() > 10, "nothing was tested");
    assert!(told.last_end(vanished) <= 4_000, "{}", told.last_end(vanished));
    assert!(flying.last_end(vanished) <= 4_000, "{}", flying.last_end(vanished));
    assert!(removed <= 10_000, "{removed}");
}
