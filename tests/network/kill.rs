//! One of five nodes is killed under 2,000 calls a second.

use std::thread::sleep;
use std::time::Duration;

use crate::fleet::{Fleet, millis};
use crate::load::Outcome;

#[test]
fn a_killed_node_costs_the_calls_to_it_and_nothing_else() {
    let mut fleet = Fleet::on_loopback();
    fleet.load(1, 2_000, 400);
    sleep(Duration::from_secs(2));
    let before = fleet.owners().pop().unwrap();
    let mut victim = fleet.nodes.remove(0);
    let killed = victim.kill();
    let removed = fleet.each_saw(killed, Duration::from_secs(7), |seen| seen.state("n0").is_none());
    let removed = removed.into_iter().map(|at| millis(killed, at)).max().unwrap();
    sleep(Duration::from_secs(1));
    let names = fleet.names();
    fleet.settled(&names, Duration::from_secs(5));
    let after = fleet.owners().pop().unwrap();
    let syncs: u64 = fleet.nodes.iter_mut().map(|node| node.ask::<u64>(&crate::child::Ask::Syncs)).sum();
    // Nothing ran twice, nothing hung, and callers were told the truth: else this panics.
    let book = fleet.book();

    let flying = book.in_flight("n0", killed);
    // What was sent is lost at once. A keyed call that had not been sent may still be tried again.
    let sent = book.of(|_, call| {
        call.to.as_deref() == Some("n0")
            && call.made < killed
            && call.ended > killed
            && matches!(call.outcome, Outcome::Unknown(_))
    });
    let kept = book.of(|_, call| {
        let owners =
            |key: u64| (&before[usize::try_from(key).unwrap()], &after[usize::try_from(key).unwrap()]);
        call.key.is_some_and(|key| owners(key).0 == owners(key).1)
    });
    let meanwhile = book.of(|_, call| {
        let stays = |key: u64| before[usize::try_from(key).unwrap()] == after[usize::try_from(key).unwrap()];
        let quick = call.id % 10_000_000 % 16 >= 2;
        quick && call.made > killed && millis(killed, call.made) < removed && call.key.is_some_and(stays)
    });
    println!(
        "kill -9 under {} calls: {} in flight, {} of them sent, the last of which failed after {} ms; removed by \
         all after {removed} ms; {} keyed calls to other owners, {} lost, meanwhile 99 % of them within {} ms and \
         all within {} ms; {syncs} view syncs; 0 ran twice, 0 hung",
        book.calls.len(),
        flying.len(),
        sent.len(),
        sent.last_end(killed),
        kept.len(),
        kept.len() - kept.ok(),
        meanwhile.slow().0,
        meanwhile.slow().1,
    );
    assert!(book.calls.len() > 8_000, "{}", book.calls.len());
    assert!(sent.len() >= 10, "{}", sent.len());
    assert!(sent.last_end(killed) <= 200, "{}", sent.last_end(killed));
    assert!(removed <= 6_000, "{removed}");
    assert!(kept.len() > 3_000 && kept.ok() == kept.len(), "{:?}", kept.failures());
    assert!(meanwhile.len() > 500);
    // A call that had to be tried again would have paused, and one that waited for the removal would take seconds.
    assert!(meanwhile.slow().0 < 250, "{:?}", meanwhile.slow());
}
