//! Nodes come and go faster than anybody could follow.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::fleet::{Fleet, millis};
use crate::ledger::micros;
use crate::process::Process;

/// So many join, and as many leave.
const TURNS: u32 = 20;

/// Between two that join. All of it takes a third of the minute that is allowed.
const STEP: Duration = Duration::from_millis(900);

/// How many are there at a time, of those that come and go.
const GUESTS: usize = 3;

#[test]
fn after_twenty_joins_and_leaves_all_views_are_one() {
    let mut fleet = Fleet::on_loopback();
    fleet.load(0, 300, 0);
    let names = fleet.names();
    let mut guests: Vec<Process> = Vec::new();
    let (mut killed, mut leaving) = (0, Vec::new());
    let begin = Instant::now();
    for turn in 1..=TURNS {
        let role = fleet.role(&format!("guest-{turn}"), "127.0.0.1:0");
        guests.push(Process::start(role, None));
        sleep((STEP * turn).saturating_sub(begin.elapsed()));
        if guests.len() >= GUESTS {
            let mut guest = guests.remove(0);
            // Every fourth goes without a word.
            if turn % 4 == 0 {
                guest.kill();
                killed += 1;
            } else {
                guest.terminate();
                leaving.push(guest);
            }
        }
    }
    for guest in guests {
        guest.terminate();
        leaving.push(guest);
    }
    let last = micros();
    let took = begin.elapsed();
    let settled = millis(last, fleet.settled(&names, Duration::from_secs(15)));
    // It stays so.
    sleep(Duration::from_secs(1));
    let settled = settled.max(millis(last, fleet.settled(&names, Duration::ZERO)));
    for guest in &mut leaving {
        guest.wait();
    }
    let missed = fleet.missed(micros());
    let views = fleet.seen().into_iter().map(|seen| seen.len()).collect::<Vec<_>>();
    let book = fleet.book();
    let all = book.of(|_, _| true);
    println!(
        "{TURNS} joins and as many leaves ({killed} of them kills) in {took:?}: one view {settled} ms after the \
         last; the nodes that stayed had {views:?} views; {} calls, {} failed, 0 ran twice",
        all.len(),
        all.len() - all.ok(),
    );
    assert!(missed.is_empty(), "{missed:?}");
    assert!(views.iter().all(|count| *count > 20), "nothing was tested: {views:?}");
    assert!(settled <= 10_000, "{settled}");
}
