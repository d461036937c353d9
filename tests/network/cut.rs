//! Two of five nodes cannot reach each other, and all others can.

use std::thread::sleep;
use std::time::Duration;

use crate::fleet::{Fleet, millis};
use crate::ledger::micros;
use crate::machines::Machines;

/// Longer than a suspicion lasts.
const LASTS: Duration = Duration::from_secs(8);

#[test]
fn a_cut_between_two_costs_nobody_else() {
    two_are_cut("symmetric cut", Machines::cut);
}

#[test]
fn a_one_way_cut_between_two_costs_nobody_else() {
    two_are_cut("one-way cut", Machines::cut_one_way);
}

fn two_are_cut(what: &str, cut: fn(&Machines, usize, usize)) {
    let Some(machines) = Machines::new() else { return };
    let mut fleet = Fleet::on(&machines);
    let names = fleet.names();
    let begin = micros();
    fleet.load(0, 1_000, 0);
    sleep(Duration::from_millis(500));
    cut(&machines, 0, 1);
    sleep(LASTS);
    machines.heal();
    let healed = micros();
    sleep(Duration::from_secs(1));
    let settled = millis(healed, fleet.settled(&names, Duration::from_secs(15)));
    let missed = fleet.missed(begin);
    let book = fleet.book();
    let between =
        |caller: &str, to: Option<&str>| matches!((caller, to), ("n0", Some("n1")) | ("n1", Some("n0")));
    let through = book.of(|caller, call| between(caller, call.to.as_deref()));
    let others = book.of(|caller, call| !between(caller, call.to.as_deref()));
    println!(
        "{what} of two for {LASTS:?}: {} calls between them, {} failed; {} calls of others, {} failed; {} nodes \
         removed; one view {settled} ms after it healed",
        through.len(),
        through.len() - through.ok(),
        others.len(),
        others.len() - others.ok(),
        missed.len(),
    );
    assert!(through.len() > through.ok(), "nothing was tested");
    assert!(others.len() > 5_000 && others.success() >= 99_900, "{:?}", others.failures());
    assert!(missed.is_empty(), "{missed:?}");
    assert!(settled <= 10_000, "{settled}");
}
