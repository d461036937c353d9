//! `examples/quickstart.rs`.

use crate::program::Setup;

#[test]
fn says_what_it_does_and_ends_by_itself() {
    let mut quickstart = Setup::new("quickstart").start();
    quickstart.line("done");
    assert!(quickstart.wait().success());
    for (key, points) in [("arena-1", 10), ("arena-2", 20), ("arena-3", 30), ("arena-42", 40)] {
        let line = quickstart.line(&format!("{key} is on node ")).text;
        assert!(line.ends_with(&format!("alice has {points} points there")), "{line}");
    }
    for part in [
        "played from node east: alice has 41 points in arena-42",
        "played from node south: alice has 42 points in arena-42",
        "a forged token is not: token refused",
        "ran it and said: alice cannot score zero points",
        "3 answers, 0 errors",
        "on node south itself: local true, 5 points",
    ] {
        quickstart.line(part);
    }
}

#[test]
fn two_arenas_share_a_node_and_not_their_points() {
    let mut quickstart = Setup::new("quickstart").start();
    quickstart.line("done");
    let players: u32 = ["north", "east", "south"]
        .map(|node| quickstart.line(&format!("players seen by node {node}: ")).text)
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap())
        .sum();
    // Four arenas on three nodes, each with one player: all four are told apart.
    assert_eq!(players, 4);
}
