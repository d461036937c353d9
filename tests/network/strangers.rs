//! Nodes that do not belong are refused and told why; it is logged once, and nobody else notices.

use std::thread::sleep;
use std::time::Duration;

use crate::child::{Ask, Role};
use crate::fleet::Fleet;
use crate::forged;
use crate::ledger::micros;
use crate::process::Process;

/// Long enough for a stranger to knock some more times.
const KNOCKS: Duration = Duration::from_secs(4);

#[test]
fn strangers_are_refused_and_disturb_nobody() {
    let mut fleet = Fleet::on_loopback();
    let begin = micros();
    fleet.load(0, 500, 0);
    let ours = fleet.role("stranger", "127.0.0.1:0");
    let seed = ours.peers[0].clone();
    let other = |name: &str| Role { name: name.to_owned(), peers: vec![seed.clone()], ..ours.clone() };
    let secret = Role { secret: "some secret of some other cluster".into(), ..other("secretive") };
    let cluster = Role { cluster: "another".into(), ..other("elsewhere") };
    let name = other("n3");
    let expected =
        ["no cluster secret in common", "is in cluster", "the name \"n3\" belongs to a living node"];
    let mut strangers = [secret, cluster, name].map(|role| Process::start(role, None));
    for (stranger, expected) in strangers.iter_mut().zip(expected) {
        let verdict = stranger.ask::<Result<(), String>>(&Ask::Ready).unwrap_err();
        println!("told: {verdict}");
        assert!(verdict.contains(expected), "{verdict}");
    }
    // Two that are no nodes at all.
    for _ in 0..3 {
        let refusal = forged::say(&seed, &forged::hello(&ours.cluster, 2)).unwrap();
        assert_eq!(refusal, "the other side has routing version 2, this node has 1");
        forged::say(&seed, b"GET / HTTP/1.1\r\nHost: seed\r\n\r\n");
    }
    sleep(KNOCKS);
    for (stranger, expected) in strangers.iter().zip(expected) {
        assert_eq!(stranger.logged(&["ERROR", "no link with a node that answers"]), 1, "{}", stranger.name());
        assert_eq!(fleet.nodes[0].logged(&["WARN", "a connection was refused", expected]), 1, "{expected}");
    }
    assert_eq!(fleet.nodes[0].logged(&["WARN", "routing version 2"]), 1);
    let warnings: usize = fleet.nodes.iter().map(|node| node.logged(&["WARN", "refused"])).sum();
    let missed = fleet.missed(begin);
    let members = fleet.seen().into_iter().map(|seen| seen.last().unwrap().members.len()).max().unwrap();
    let book = fleet.book();
    let all = book.of(|_, _| true);
    println!(
        "strangers: {} calls meanwhile, {} failed; {} nodes removed; {warnings} warnings of it in the logs of all nodes",
        all.len(),
        all.len() - all.ok(),
        missed.len()
    );
    assert!(all.len() > 1_000 && all.ok() == all.len(), "{:?}", all.failures());
    assert!(missed.is_empty(), "{missed:?}");
    assert_eq!(members, 5);
}
