//! Nodes come and go faster than anybody could follow.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::fleet::{Fleet, millis};
use crate::ledger::micros;
use crate::load::Call;
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
    let (mut killed, mut leaving) = (Vec::new(), Vec::new());
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
                killed.push(guest.name().to_owned());
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
    let seen = fleet.seen();
    let views = seen.iter().map(Vec::len).collect::<Vec<_>>();
    let book = fleet.book();
    let dead = |call: &Call| call.to.as_ref().is_some_and(|to| killed.contains(to));
    let (to_dead, others) = (book.of(|_, call| dead(call)), book.of(|_, call| !dead(call)));
    println!(
        "{TURNS} joins and as many leaves ({} of them kills) in {took:?}: one view {settled} ms after the last; the \
         nodes that stayed had {views:?} views; {} calls to those that were killed, {} failed; {} to others, {} \
         failed; 0 ran twice",
        killed.len(),
        to_dead.len(),
        to_dead.len() - to_dead.ok(),
        others.len(),
        others.len() - others.ok(),
    );
    // Who is called may be gone a moment later, and so may the next owner: most calls find one all the same.
    assert!(others.len() > 3_000 && others.success() >= 95_000, "{:?}", others.failures());
    assert!(missed.is_empty(), "{missed:?}");
    assert!(views.iter().all(|count| *count > 20), "nothing was tested: {views:?}");
    // Each of them comes, is active, drains and goes: nobody's view may swing to and fro.
    let most = usize::try_from(TURNS).unwrap() * 10;
    if let Some(storm) = seen.iter().find(|seen| seen.len() > most) {
        panic!("{} views, among them these one after another: {:#?}", storm.len(), &storm[most..most + 4]);
    }
    assert!(settled <= 10_000, "{settled}");
}
