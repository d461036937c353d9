//! Two nodes of one name, and two runs of one node.

use super::network::{SECOND, Told};
use super::*;

#[test]
fn of_two_nodes_of_one_name_the_later_one_stays() {
    for seed in 0..10 {
        let mut network = Network::settled(seed, 5);
        // Its namesake is started while it lives, and knows another seed.
        let later = network.start("n03", &[1]);
        network.until(15 * SECOND, |network| !network.nodes[3].alive).expect("the earlier one is told");
        network.until(5 * SECOND, Network::is_whole).expect("they agree");
        network.run(30 * SECOND);
        assert!(network.is_whole() && network.nodes[later].alive);
        let boot = network.nodes[later].swim.me().boot;
        assert!(network.told.iter().any(|told| (told.1, &told.2) == (3, &Told::Superseded(boot))));
        assert!(!network.told.iter().any(|(_, _, told)| *told == Told::Dead), "{:?}", network.told);
    }
}

#[test]
fn a_restarted_node_replaces_its_old_run_at_once() {
    let mut network = Network::settled(2, 5);
    network.kill(3, false);
    network.restart(3);
    let took = network.until(SECOND, Network::is_whole).expect("they hear of it");
    println!("5 nodes, one restarted: replaced after {} ms", took / 1000);
    network.run(10 * SECOND);
    let reborn = network.told.iter().filter(|(_, _, told)| *told == Told::Reborn(name("n03"))).count();
    assert_eq!(reborn, 4);
    assert!(network.removed().is_empty(), "{:?}", network.told);
}

#[test]
fn a_node_whose_clock_went_back_is_told_what_to_be_later_than() {
    let mut network = Network::settled(2, 4);
    network.kill(3, true);
    network.run(10 * SECOND);
    network.restart(3);
    network.run(2 * SECOND);
    let drawn = network.nodes[3].swim.me().age.drawn;
    network.kill(3, true);
    network.run(10 * SECOND);
    let now = network.now;
    network.now = 0;
    network.restart(3);
    let early = network.nodes[3].swim.me().age.drawn;
    assert!(early < drawn);
    network.now = now;
    network.until(5 * SECOND, Network::is_whole).expect("it comes back later than it was");
    assert!(network.nodes[3].swim.me().age.drawn > drawn);
}
