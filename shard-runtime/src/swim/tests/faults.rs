//! Nodes die, leave, and are cut off.

use super::network::{MILLI, Micros, SECOND, Told};
use super::*;

fn worst_of(runs: u64, what: &str, run: impl Fn(u64) -> Micros) -> Micros {
    let mut all: Vec<_> = (0..runs).map(run).collect();
    all.sort_unstable();
    let (median, worst) = (all[all.len() / 2], all[all.len() - 1]);
    println!("{what}, {runs} runs: median {} ms, worst {} ms", median / MILLI, worst / MILLI);
    worst
}

fn time_to_removal(seed: u64, nodes: usize, noticed: bool) -> Micros {
    let mut network = Network::settled(seed, nodes);
    network.run(seed * 137 * MILLI);
    network.kill(3, noticed);
    let took = network.until(30 * SECOND, |network| network.has_gone("n03")).expect("it is removed");
    assert!(network.is_whole());
    let lost: Vec<_> =
        network.told.iter().filter(|(_, _, told)| *told == Told::Left(name("n03"), false)).collect();
    assert_eq!((lost.len(), network.told.len()), (nodes - 1, nodes - 1), "once at each, and nothing else");
    took
}

#[test]
fn a_killed_node_whose_links_break_is_removed_within_six_seconds() {
    assert!(
        worst_of(20, "5 nodes, killed, links broke", |seed| time_to_removal(seed, 5, true)) <= 6 * SECOND
    );
    assert!(
        worst_of(5, "10 nodes, killed, links broke", |seed| time_to_removal(seed, 10, true)) <= 6 * SECOND
    );
    assert!(worst_of(5, "3 nodes and one more", |seed| time_to_removal(seed, 4, true)) <= 6 * SECOND);
    let allowed = 6 * SECOND + 2_800 * MILLI;
    assert!(worst_of(2, "50 nodes, killed, links broke", |seed| time_to_removal(seed, 50, true)) <= allowed);
}

#[test]
fn a_host_that_vanishes_is_removed_within_ten_seconds() {
    assert!(worst_of(40, "5 nodes, vanished", |seed| time_to_removal(seed, 5, false)) <= 10 * SECOND);
    assert!(worst_of(5, "10 nodes, vanished", |seed| time_to_removal(seed, 10, false)) <= 10 * SECOND);
}

#[test]
fn a_leave_is_known_within_a_second() {
    for nodes in [5, 50] {
        let worst =
            worst_of(if nodes == 5 { 10 } else { 2 }, &format!("{nodes} nodes, one leaves"), |seed| {
                let mut network = Network::settled(seed, nodes);
                network.leave(2);
                let took =
                    network.until(2 * SECOND, |network| network.has_gone("n02")).expect("they hear of it");
                network.run(10 * SECOND);
                assert!(network.is_whole());
                assert!(network.told.iter().all(|(_, _, told)| *told == Told::Left(name("n02"), true)));
                assert_eq!(network.told.len(), nodes - 1);
                took
            });
        assert!(worst <= SECOND);
    }
}

#[test]
fn a_node_that_left_can_come_back() {
    let mut network = Network::settled(4, 4);
    network.leave(1);
    network.run(3 * SECOND);
    network.restart(1);
    network.until(3 * SECOND, Network::is_whole).expect("it is let in again");
}

#[test]
fn a_suspected_node_that_lives_speaks_up() {
    let mut network = Network::settled(6, 5);
    for _ in 0..20 {
        // All of its links have broken, and it is alive.
        for by in 0..4 {
            network.suspect(by, 4);
        }
        network.run(6 * SECOND);
    }
    assert!(network.is_whole());
    assert_eq!(network.told, [], "nobody is told anything");
}

#[test]
fn loss_of_a_tenth_removes_nobody() {
    for seed in 0..2 {
        let mut network = Network::settled(seed, 5);
        network.loss = 100;
        network.run(300 * SECOND);
        assert_eq!(network.removed(), [&(0, 0, Told::Dead); 0]);
        assert!(network.is_whole());
    }
}

#[test]
fn one_way_that_is_cut_removes_nobody() {
    for (seed, loss) in [(1, 0), (2, 100)] {
        let mut network = Network::settled(seed, 5);
        network.loss = loss;
        network.cut.insert((1, 2));
        network.run(300 * SECOND);
        assert_eq!(network.removed(), [&(0, 0, Told::Dead); 0]);
        assert!(network.is_whole());
    }
}

#[test]
fn halves_that_were_apart_for_half_a_minute_become_one() {
    for nodes in [4, 10, 50] {
        let worst =
            worst_of(if nodes == 50 { 1 } else { 5 }, &format!("{nodes} nodes in halves for 30 s"), |seed| {
                let mut network = Network::settled(seed, nodes);
                let (left, right): (Vec<_>, Vec<_>) = (0..nodes).partition(|node| *node < nodes / 2);
                network.split(&left, &right);
                network.run(30 * SECOND);
                assert_eq!(network.nodes[0].swim.members().len(), nodes / 2);
                network.cut.clear();
                let took = network.until(10 * SECOND, Network::is_whole).expect("equal views within 10 s");
                network.run(10 * SECOND);
                assert!(network.is_whole());
                took
            });
        assert!(worst <= 10 * SECOND);
    }
}

#[test]
fn only_the_one_that_was_cut_off_comes_back_under_another_boot() {
    for nodes in [2, 3, 10] {
        let mut network = Network::settled(8, nodes);
        let others: Vec<_> = (1..nodes).collect();
        network.split(&[0], &others);
        network.run(30 * SECOND);
        network.cut.clear();
        network.until(10 * SECOND, Network::is_whole).expect("equal views within 10 s");
        let dead: Vec<_> = network.told.iter().filter(|(_, _, told)| *told == Told::Dead).collect();
        assert!(dead.iter().all(|(_, node, _)| *node == 0) || nodes == 2, "{nodes} nodes: {dead:?}");
        assert!(dead.len() <= 1, "{nodes} nodes: {dead:?}");
    }
}

#[test]
fn many_that_die_at_once_are_removed_and_come_back() {
    let mut network = Network::settled(9, 12);
    for node in 4..12 {
        network.kill(node, true);
    }
    let took = network.until(20 * SECOND, Network::is_whole).expect("the four know");
    println!("8 of 12 nodes killed: removed by all after {} ms", took / MILLI);
    assert!(took <= 7 * SECOND);
    for node in 4..12 {
        network.restart(node);
    }
    let took = network.until(10 * SECOND, Network::is_whole).expect("all are back");
    println!("8 of 12 nodes restarted: whole after {} ms", took / MILLI);
}
