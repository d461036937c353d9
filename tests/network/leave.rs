//! One of five nodes is asked to end under 2,000 calls a second.

use std::thread::sleep;
use std::time::Duration;

use shard_runtime::MemberState;

use crate::fleet::{Fleet, millis};

#[test]
fn all_see_within_a_second_that_a_node_leaves_and_no_keyed_call_is_lost() {
    let mut fleet = Fleet::on_loopback();
    fleet.load(1, 2_000, 300);
    sleep(Duration::from_secs(2));
    let mut leaver = fleet.nodes.remove(0);
    let asked = leaver.terminate();
    let seen =
        fleet.each_saw(asked, Duration::from_secs(5), |seen| seen.state("n0") != Some(MemberState::Active));
    let seen = seen.into_iter().map(|at| millis(asked, at)).max().unwrap();
    let ended = leaver.wait();
    let gone = fleet.each_saw(asked, Duration::from_secs(20), |seen| seen.state("n0").is_none());
    let gone = gone.into_iter().max().unwrap();
    sleep(Duration::from_secs(1));
    let book = fleet.book();
    let keyed = book.of(|_, call| call.key.is_some());
    let pinned = book.of(|_, call| call.key.is_none());
    println!(
        "clean leave: seen by all after {seen} ms, it ended after {} ms, gone from all views {} ms after that; {} \
         keyed calls, {} lost; {} pinned ones, {} refused, {} unknown",
        millis(asked, ended),
        millis(ended, gone),
        keyed.len(),
        keyed.len() - keyed.ok(),
        pinned.len(),
        pinned.len() - pinned.ok() - pinned.unknown(),
        pinned.unknown(),
    );
    assert!(keyed.len() > 3_000, "{}", keyed.len());
    assert!(seen <= 1_000, "{seen}");
    assert!(millis(ended, gone) <= 1_000, "{}", millis(ended, gone));
    assert_eq!(keyed.len() - keyed.ok(), 0, "{:?}", keyed.failures());
    assert_eq!(pinned.unknown(), 0, "{:?}", pinned.failures());
}
