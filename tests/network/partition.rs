//! Two of five nodes on one side, three on the other, and nothing between.

use std::thread::sleep;
use std::time::Duration;

use crate::fleet::{Fleet, millis};
use crate::ledger::micros;
use crate::machines::Machines;

const LASTS: Duration = Duration::from_secs(20);

#[test]
fn after_a_partition_all_views_are_one_again() {
    let Some(machines) = Machines::new() else { return };
    let mut fleet = Fleet::on(&machines);
    let names = fleet.names();
    fleet.load(0, 200, 0);
    for one in 0..2 {
        for other in 2..5 {
            machines.cut(one, other);
        }
    }
    sleep(LASTS);
    let sides: Vec<usize> = fleet.seen().iter().map(|seen| seen.last().unwrap().members.len()).collect();
    machines.heal();
    let healed = micros();
    fleet.settled(&names, Duration::from_secs(15));
    // The nodes stay together: the last word is what counts.
    sleep(Duration::from_secs(2));
    let settled = millis(healed, fleet.settled(&names, Duration::ZERO));
    let book = fleet.book();
    let after = book.of(|_, call| call.made > healed + settled * 1_000 + 500_000);
    println!(
        "2|3 for {LASTS:?}: the sides saw {sides:?} members; one view {settled} ms after it healed; {} calls in \
         all, 0 ran twice; {} calls since, {} failed",
        book.calls.len(),
        after.len(),
        after.len() - after.ok(),
    );
    assert_eq!(sides, [2, 2, 3, 3, 3]);
    assert!(settled <= 10_000, "{settled}");
    assert!(after.len() > 50 && after.success() >= 99_900, "{:?}", after.failures());
}
