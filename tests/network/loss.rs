//! A network that loses one packet in ten.

use std::thread::sleep;
use std::time::Duration;

use crate::fleet::Fleet;
use crate::ledger::micros;
use crate::machines::Machines;

/// How many seconds it lasts, where somebody has time for more than is said here.
const SECONDS: &str = "NETWORK_LOSS_SECONDS";

#[test]
fn nobody_is_removed_where_one_packet_in_ten_is_lost() {
    let Some(machines) = Machines::new() else { return };
    let seconds = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let mut fleet = Fleet::on(&machines);
    fleet.load(0, 200, 0);
    let begin = micros();
    machines.lose(10);
    for _ in 0..seconds {
        sleep(Duration::from_secs(1));
        // What they saw is asked for all the time, so that a failure is told as it happens.
        let missed = fleet.missed(begin);
        assert!(missed.is_empty(), "{missed:?}");
    }
    let lost = machines.lost();
    machines.heal();
    let book = fleet.book();
    let all = book.of(|_, _| true);
    let missed = fleet.missed(begin);
    println!(
        "10 % packet loss for {seconds} s: {lost} packets lost, {} nodes removed; {} calls, {} failed, 99 % within \
         {} ms, all within {} ms",
        missed.len(),
        all.len(),
        all.len() - all.ok(),
        all.slow().0,
        all.slow().1,
    );
    assert!(lost > 100, "nothing was tested");
    assert!(missed.is_empty(), "{missed:?}");
}
