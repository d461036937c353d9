use std::time::Duration;

use super::super::HostedModule;
use super::super::member::Age;
use super::*;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;
const DAY: Duration = Duration::from_secs(24 * 3600);

fn name(text: &str) -> NodeName {
    text.parse().unwrap()
}

fn member(text: &str, boot: u64) -> Member {
    let modules = vec![HostedModule::new("Arena", 1)];
    let address = format!("{text}:7000");
    Member { state: MemberState::Active, address, modules, ..Member::new(name(text), Boot::new(boot)) }
}

fn joined(text: &str, boot: u64) -> Event {
    Event::Joined(member(text, boot))
}

fn left(text: &str, boot: u64) -> Event {
    Event::Left { name: name(text), boot: Boot::new(boot), reason: LeaveReason::Graceful }
}

/// A cluster of alpha (boot 1) and beta (boot 2).
fn two() -> Membership {
    let mut membership = Membership::new();
    membership.apply(joined("alpha", 1), NOW);
    membership.apply(joined("beta", 2), NOW);
    membership
}

/// What a report changes; the view must have changed exactly if it says so.
fn apply(membership: &mut Membership, event: Event) -> Change {
    let before = membership.view().clone();
    let mut changes = membership.apply(event, NOW);
    let change = changes.pop().unwrap();
    assert!(changes.is_empty());
    assert_eq!(change.changes_view(), *membership.view() != before);
    assert_eq!(change.changes_view(), membership.view().digest() != before.digest());
    change
}

#[test]
fn m62_a_second_node_makes_two_members() {
    let mut membership = Membership::new();
    assert_eq!(apply(&mut membership, joined("alpha", 1)), Change::Joined(member("alpha", 1)));
    assert_eq!(apply(&mut membership, joined("beta", 2)), Change::Joined(member("beta", 2)));
    assert_eq!(membership.view().members().len(), 2);
}

#[test]
fn m63_a_node_that_leaves_hosts_nothing_any_more() {
    let mut membership = two();
    let change = apply(&mut membership, left("beta", 2));
    let gone = Member { state: MemberState::Left, ..member("beta", 2) };
    assert_eq!(change, Change::Left(gone, LeaveReason::Graceful));
    let hosts: Vec<_> = membership.view().active_hosts("Arena").map(|host| host.name.to_string()).collect();
    assert_eq!(hosts, ["alpha"]);
}

#[test]
fn m64_a_node_that_is_known_changes_nothing() {
    let mut membership = two();
    let elsewhere = Member { address: "elsewhere:1".into(), ..member("beta", 2) };
    assert_eq!(apply(&mut membership, Event::Joined(elsewhere)), Change::AlreadyKnown(member("beta", 2)));
}

#[test]
fn m65_the_departure_of_an_unknown_node_changes_nothing() {
    let mut membership = two();
    for (text, boot) in [("gamma", 3), ("beta", 4)] {
        let unknown = Change::UnknownDeparture { name: name(text), boot: Boot::new(boot) };
        assert_eq!(apply(&mut membership, left(text, boot)), unknown);
    }
}

#[test]
fn m66_changes_carry_the_nodes_data() {
    let mut membership = two();
    let Change::Left(gone, _) = apply(&mut membership, left("beta", 2)) else { panic!("it left") };
    assert_eq!((gone.address.as_str(), gone.boot, gone.modules.len()), ("beta:7000", Boot::new(2), 1));
}

#[test]
fn m75_a_new_boot_replaces_the_old_one_for_good() {
    let mut membership = two();
    let reborn = Change::Reborn { old: member("beta", 2), new: member("beta", 3) };
    assert_eq!(apply(&mut membership, joined("beta", 3)), reborn);
    assert_eq!(membership.view().members().len(), 2);
    let dead = Change::DeadBoot { name: name("beta"), boot: Boot::new(2) };
    assert_eq!(apply(&mut membership, joined("beta", 2)), dead);
    // A late report of the old boot's death does not hit the new one.
    assert!(matches!(apply(&mut membership, left("beta", 2)), Change::AlreadyGone { .. }));
    assert_eq!(membership.view().get("beta").unwrap().boot, Boot::new(3));
}

#[test]
fn a_dead_boot_stays_out_for_a_day() {
    let mut membership = two();
    apply(&mut membership, left("beta", 2));
    assert!(matches!(apply(&mut membership, left("beta", 2)), Change::AlreadyGone { .. }));
    assert!(matches!(apply(&mut membership, joined("beta", 2)), Change::DeadBoot { .. }));
    assert!(matches!(membership.apply(joined("beta", 2), NOW + DAY)[..], [Change::Joined(_)]));
}

#[test]
fn a_node_that_was_found_dead_may_come_back_as_it_is() {
    let mut membership = two();
    let lost = Event::Left { name: name("beta"), boot: Boot::new(2), reason: LeaveReason::Dead };
    assert!(matches!(apply(&mut membership, lost), Change::Left(..)));
    assert!(matches!(apply(&mut membership, joined("beta", 2)), Change::Joined(_)));
}

#[test]
fn a_departure_that_overtakes_the_arrival_still_counts() {
    let mut membership = two();
    apply(&mut membership, left("gamma", 3));
    assert!(matches!(apply(&mut membership, joined("gamma", 3)), Change::DeadBoot { .. }));
    let gone = Member { state: MemberState::Left, ..member("delta", 4) };
    assert!(matches!(apply(&mut membership, Event::Joined(gone)), Change::UnknownDeparture { .. }));
}

#[test]
fn states_only_go_forward() {
    let mut membership = Membership::new();
    let joining = Member { state: MemberState::Joining, ..member("alpha", 1) };
    apply(&mut membership, Event::Joined(joining));
    let (name, boot) = (name("alpha"), Boot::new(1));
    let draining = Event::Draining { name: name.clone(), boot };
    assert!(matches!(apply(&mut membership, draining.clone()), Change::Draining(_)));
    assert!(matches!(apply(&mut membership, draining), Change::AlreadyKnown(_)));
    let other = Event::Draining { name, boot: Boot::new(2) };
    assert!(matches!(apply(&mut membership, other), Change::Stale { .. }));
    assert_eq!(membership.view().get("alpha").unwrap().state, MemberState::Draining);
}

#[test]
fn the_later_of_two_reports_counts() {
    let turn = |turn, state| Member { state, age: Age { drawn: 5, turn }, ..member("alpha", 1) };
    let mut membership = Membership::new();
    apply(&mut membership, Event::Joined(turn(1, MemberState::Joining)));
    let change = apply(&mut membership, Event::Joined(turn(2, MemberState::Active)));
    assert!(matches!(change, Change::Changed { new, .. } if new.state == MemberState::Active));
    let late = Event::Joined(turn(1, MemberState::Joining));
    assert!(matches!(apply(&mut membership, late), Change::AlreadyKnown(_)));
    // Its goodbye comes by a shorter way than the record that says the same.
    apply(&mut membership, Event::Draining { name: name("alpha"), boot: Boot::new(1) });
    for (turn_number, state) in [(3, MemberState::Active), (4, MemberState::Draining)] {
        let report = Event::Joined(turn(turn_number, state));
        assert!(matches!(apply(&mut membership, report), Change::AlreadyKnown(_)));
    }
    assert_eq!(membership.view().get("alpha").unwrap().state, MemberState::Draining);
}

#[test]
fn a_run_from_before_the_known_one_is_set_aside() {
    let drawn = |boot, drawn| Member { age: Age { drawn, turn: 0 }, ..member("alpha", boot) };
    let mut membership = Membership::new();
    apply(&mut membership, Event::Joined(drawn(1, 7)));
    assert!(matches!(apply(&mut membership, Event::Joined(drawn(2, 6))), Change::Stale { .. }));
    assert!(matches!(apply(&mut membership, Event::Joined(drawn(3, 8))), Change::Reborn { .. }));
}

#[test]
fn there_is_a_bound_to_the_members() {
    let mut membership = Membership::new();
    for boot in 0..4096 {
        let new = Member::new(name(&format!("node-{boot}")), Boot::new(boot));
        membership.members.insert(new.name.clone(), new);
    }
    assert!(matches!(apply(&mut membership, joined("one-more", 9999)), Change::Full { .. }));
    assert!(matches!(membership.apply(joined("node-7", 9999), NOW)[..], [Change::Reborn { .. }]));
    membership.apply(left("node-8", 8), NOW);
    assert!(matches!(apply(&mut membership, joined("one-more", 9999)), Change::Joined(_)));
}
