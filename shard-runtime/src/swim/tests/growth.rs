//! Nodes find each other, and hear what is new.

use super::network::{MILLI, Micros, SECOND, Told};
use super::*;

#[test]
fn five_nodes_find_each_other_through_one_seed() {
    let mut worst = 0;
    for seed in 0..20 {
        let mut network = Network::new(seed);
        for node in 0..5 {
            network.start(&format!("n{node}"), &[0]);
        }
        let took = network.until(5 * SECOND, Network::is_whole).expect("they find each other");
        worst = worst.max(took);
        network.run(20 * SECOND);
        assert!(network.is_whole() && network.removed().is_empty());
    }
    println!("5 nodes, one seed, 20 runs: whole within {} ms", worst / MILLI);
    assert!(worst <= 2 * SECOND);
}

#[test]
fn a_node_finds_the_rest_however_late_its_seed_comes() {
    let mut network = Network::new(3);
    let (a, b) = (network.start("a", &[]), network.start("b", &[0]));
    network.nodes[a].alive = false;
    network.run(5 * SECOND);
    assert_eq!(network.nodes[b].swim.members().len(), 1);
    network.restart(a);
    network.until(SECOND, Network::is_whole).expect("b asks again");
}

#[test]
fn fifty_nodes_agree_ten_seconds_after_the_last_fault() {
    let mut worst = 0;
    for seed in 0..2 {
        let mut network = Network::new(seed);
        // Three seeds, of which two are down at first; everybody knows all three, also the seeds themselves.
        for node in 0..3 {
            network.start(&format!("n{node:02}"), &[0, 1, 2]);
            network.nodes[node].alive = node == 0;
        }
        for node in 3..50 {
            network.start(&format!("n{node:02}"), &[0, 1, 2]);
            network.run(100 * MILLI);
            if node == 20 {
                network.restart(1);
                // One way out of ten is cut, for a while.
                for from in 0..50 {
                    network.cut.extend((0..5).map(|to| (from, (from * 7 + to * 11) % 50)));
                }
            }
            if node == 30 {
                network.restart(2);
            }
        }
        network.run(8 * SECOND);
        network.kill(7, true);
        network.run(2 * SECOND);
        network.restart(7);
        network.cut.clear();
        let took = network.until(10 * SECOND, Network::is_whole).expect("equal views within 10 s");
        worst = worst.max(took);
        network.run(10 * SECOND);
        assert!(network.is_whole());
    }
    println!(
        "50 nodes, seeds down, one-way cuts, 2 runs: equal views {} ms after the last fault",
        worst / MILLI
    );
}

#[test]
fn a_change_of_state_is_known_to_fifty_nodes_within_a_second() {
    let mut worst: Micros = 0;
    let mut network = Network::settled(1, 50);
    let packets = network.packets;
    for node in 0..15 {
        let state = if node % 2 == 0 { MemberState::Draining } else { MemberState::Active };
        network.turn(node, state);
        let took = network.until(2 * SECOND, Network::is_whole).expect("everybody hears of it");
        worst = worst.max(took);
        network.run(3 * SECOND);
    }
    println!(
        "50 nodes, 15 changes of state: known to all within {} ms, {} packets a change",
        worst / MILLI,
        (network.packets - packets) / 15
    );
    assert!(worst <= SECOND, "{worst} µs");
    assert!(network.told.iter().all(|(_, _, told)| matches!(told, Told::Changed(..))), "{:?}", network.told);
    assert_eq!(network.told.len(), 15 * 49, "each node is told once of each change");
}

#[test]
fn twenty_joins_and_leaves_in_a_minute() {
    let mut network = Network::settled(5, 8);
    for round in 0..10 {
        let node = network.start(&format!("guest{round}"), &[0, 1]);
        network.run(3 * SECOND);
        network.leave(node);
        network.run(3 * SECOND);
    }
    network.until(10 * SECOND, Network::is_whole).expect("equal views");
    assert!(network.told.iter().all(|(_, _, told)| !matches!(told, Told::Left(_, false) | Told::Dead)));
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut network = Network::settled(seed, 10);
        network.loss = 100;
        network.kill(3, false);
        network.run(10 * SECOND);
        (network.trace, network.packets, network.told)
    };
    let (first, again, other) = (run(1), run(1), run(2));
    assert!(first == again);
    assert_ne!(first.0, other.0);
}
