//! Which record counts, and who hears of what.

use std::time::Duration;

use super::super::record::RecordError;
use super::super::sync::SyncAsk;
use super::network::{SECOND, Told};
use super::*;

/// Two nodes that know each other.
fn pair() -> Network {
    Network::settled(1, 2)
}

#[test]
fn a_record_that_does_not_come_after_the_one_before_is_refused() {
    let mut swim = swim("alpha", 5);
    let say = |swim: &mut Swim, change: fn(&mut Member)| {
        let mut me = swim.me().clone();
        change(&mut me);
        swim.say(me, &mut Vec::new())
    };
    assert_eq!(say(&mut swim, |_| {}), Err(RecordError::Stale));
    assert_eq!(say(&mut swim, |me| me.name = name("beta")), Err(RecordError::Stale));
    assert_eq!(say(&mut swim, |me| (me.boot, me.age.drawn) = (Boot::new(6), 4)), Err(RecordError::Stale));
    assert_eq!(say(&mut swim, |me| me.age.turn = 3), Ok(()));
    assert_eq!(say(&mut swim, |me| me.age.turn = 2), Err(RecordError::Stale));
    assert_eq!(say(&mut swim, |me| (me.boot, me.age.drawn, me.age.turn) = (Boot::new(6), 9, 0)), Ok(()));
    assert_eq!(swim.members().len(), 1);
}

#[test]
fn late_news_of_an_earlier_turn_change_nothing() {
    let mut network = pair();
    let mut early = network.nodes[1].swim.sync_body(false, 0);
    network.turn(1, MemberState::Draining);
    network.run(SECOND);
    let state = |network: &Network| network.nodes[0].swim.members()[1].state;
    assert_eq!(state(&network), MemberState::Draining);
    network.act(0, |swim, out| assert!(swim.on_sync(&early, out).is_ok()));
    network.run(SECOND);
    assert_eq!(state(&network), MemberState::Draining);
    early = network.nodes[1].swim.sync_body(false, 0);
    network.leave(1);
    network.run(SECOND);
    network.act(0, |swim, out| assert!(swim.on_sync(&early, out).is_ok()));
    network.run(SECOND);
    assert_eq!(network.nodes[0].swim.members().len(), 1, "one that left does not come back by late news");
}

#[test]
fn a_dead_boot_stays_dead_at_whatever_turn() {
    let mut network = Network::settled(1, 3);
    network.split(&[2], &[0, 1]);
    network.run(15 * SECOND);
    assert!(network.nodes[0].swim.members().len() == 2);
    let boot = network.nodes[2].swim.me().boot;
    network.turn(2, MemberState::Draining);
    network.cut.clear();
    network.until(10 * SECOND, Network::is_whole).expect("it comes back");
    assert_ne!(network.nodes[2].swim.me().boot, boot);
    assert!(network.told.iter().any(|(_, node, told)| (*node, told) == (2, &Told::Dead)));
}

#[test]
fn suspicion_is_waited_for_once_and_only_of_this_boot() {
    let mut network = Network::settled(1, 4);
    let whom = network.nodes[2].swim.me().clone();
    let swim = &mut network.nodes[0].swim;
    let mut out = Vec::new();
    swim.suspect(&whom.name, Boot::new(1), &mut out);
    swim.suspect(&name("nobody"), whom.boot, &mut out);
    assert!(out.is_empty(), "{out:?}");
    let suspicion = |out: &[Output]| {
        out.iter()
            .filter(
                |output| matches!(output, Output::After { delay, .. } if *delay == Duration::from_secs(4)),
            )
            .count()
    };
    swim.suspect(&whom.name, whom.boot, &mut out);
    swim.suspect(&whom.name, whom.boot, &mut out);
    assert_eq!(suspicion(&out), 1);
    assert_eq!(swim.members().len(), 4, "it is a member until its time is over");
}

#[test]
fn whoever_hears_of_a_suspicion_waits_as_well() {
    // The one that suspected first dies at once, and still everybody removes the suspected in time.
    let mut network = Network::settled(3, 6);
    network.kill(5, false);
    network.suspect(4, 5);
    network.run(SECOND / 4);
    network.kill(4, true);
    network.until(5 * SECOND, |network| network.has_gone("n05")).expect("it is removed");
}

#[test]
fn a_sync_brings_two_views_together_at_once() {
    let mut network = Network::settled(1, 4);
    network.split(&[3], &[0, 1, 2]);
    network.turn(0, MemberState::Draining);
    network.run(SECOND);
    assert!(!network.is_whole());
    let ours = digest(&network.nodes[0].swim);
    let list = network.nodes[0].swim.sync_body(true, ours);
    let mut ask = None;
    network.act(3, |swim, out| ask = Some(swim.on_sync(&list, out).unwrap()));
    assert_eq!(ask, Some(SyncAsk { answer: true, digest: ours }));
    assert_eq!(digest(&network.nodes[3].swim), ours);
    let error = network.nodes[0].swim.on_sync(&list, &mut Vec::new());
    assert_eq!(error, Err(BadPacket::FromSelf));
    let mut out = Vec::new();
    assert!(matches!(network.nodes[3].swim.heard(&list, &mut out), Err(BadPacket::Malformed(_))));
}

#[test]
fn the_dead_are_forgotten_after_a_day() {
    let mut network = Network::settled(1, 3);
    network.kill(2, true);
    network.run(10 * SECOND);
    let known = |network: &Network| network.nodes[0].swim.entry(&name("n02")).is_some();
    assert!(known(&network));
    let mut out = Vec::new();
    let swim = &mut network.nodes[0].swim;
    for hour in 0..25 {
        assert!(swim.entry(&name("n02")).is_some(), "hour {hour}");
        swim.timer(Timer(output::Due::Sweep), &mut out);
    }
    assert!(!known(&network));
}

#[test]
fn one_that_left_says_and_hears_nothing() {
    let mut swim = swim("alpha", 1);
    swim.leave(&mut Vec::new());
    assert!(swim.members().is_empty());
    let mut out = Vec::new();
    swim.join(&member("beta", 2, 2), &mut out);
    swim.leave(&mut out);
    assert!(out.is_empty(), "{out:?}");
    let mut again = member("alpha", 9, 9);
    again.state = MemberState::Joining;
    assert_eq!(swim.say(again, &mut out), Ok(()));
    assert_eq!(swim.members().len(), 1);
}

#[test]
fn a_node_that_says_something_new_goes_on_probing_at_once() {
    let mut network = pair();
    let mut me = network.nodes[0].swim.me().clone();
    me.age.turn += 1;
    let mut out = Vec::new();
    network.nodes[0].swim.say(me, &mut out).unwrap();
    let probe =
        |output: &Output| matches!(output, Output::After { delay, .. } if *delay == Pace::default().probe);
    assert!(out.iter().any(probe), "{out:?}");
}

#[test]
fn a_suspicion_runs_on_while_a_node_says_something_new_of_itself() {
    let mut network = pair();
    network.kill(1, true);
    network.run(3 * SECOND);
    for _ in 0..3 {
        network.turn(0, MemberState::Active);
    }
    let took = network.until(2 * SECOND, |network| network.has_gone("n01"));
    assert!(took.is_some(), "it was suspected for four seconds and more");
}
