//! `examples/cluster`: three operating system processes, and what becomes of calls when one is gone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::ports;
use crate::program::{Program, Setup, until};

struct Node {
    name: &'static str,
    address: String,
    program: Program,
}

/// How the calls of a flood ended.
#[derive(Debug, PartialEq)]
struct Ends {
    ok: usize,
    not_started: usize,
    unknown: usize,
    other: usize,
}

impl Node {
    fn start(name: &'static str, address: &str, peers: &[String]) -> Self {
        let mut program = Setup::new("cluster")
            .option("--name", name)
            .option("--listen", address)
            .peers(peers.iter().map(String::as_str))
            .start();
        program.line("is ready");
        Self { name, address: address.to_owned(), program }
    }

    /// Three of them, each of which sees all.
    fn three() -> [Self; 3] {
        let addresses: [String; 3] = ports::free();
        let mut index = 0;
        let mut nodes = ["a", "b", "c"].map(|name| {
            index += 1;
            Self::start(name, &addresses[index - 1], &addresses)
        });
        for node in &mut nodes {
            node.sees(3);
        }
        nodes
    }

    fn sees(&mut self, count: usize) {
        let count = format!("{count} nodes");
        until("a view of so many nodes", || (*self.nodes().last()? == count).then_some(()));
    }

    fn nodes(&mut self) -> Vec<String> {
        self.program.ask("nodes", " nodes")
    }

    /// Places a key and returns the name of its node, and its boot.
    fn create(&mut self, key: &str) -> (String, String) {
        let answer = self.program.ask(&format!("create {key}"), " is on node ").pop().unwrap();
        let (_, place) = answer.split_once(" is on node ").unwrap();
        let (node, boot) = place.split_once(' ').unwrap();
        (node.to_owned(), boot.to_owned())
    }

    /// A key on the node of that name, placed.
    fn key_on(&mut self, node: &str) -> String {
        let mut keys = (0..1000).map(|number| format!("arena-{number}"));
        keys.find(|key| self.create(key).0 == node).expect("one in a thousand keys is there")
    }

    fn score(&mut self, key: &str, player: &str, points: u64) -> String {
        self.program.ask(&format!("score {key} {player} {points}"), " ms)").pop().unwrap()
    }

    fn meet(&mut self, key: &str, player: &str, points: u64) -> String {
        self.program.ask(&format!("meet {key} {player} {points}"), " ms)").pop().unwrap()
    }

    /// Starts slow calls and returns the name under which they are reported.
    fn flood(&mut self, key: &str, count: usize, millis: u64) -> String {
        let answer = self.program.ask(&format!("flood {key} {count} {millis}"), " calls to node ");
        answer.last().unwrap().split(':').next().unwrap().to_owned()
    }

    /// How a flood ended, and when that was known.
    fn ends(&mut self, flood: &str) -> (Ends, Instant) {
        let line = self.program.line(&format!("{flood}: "));
        assert!(line.text.contains(" calls to node "), "{line:?}");
        let end = self.program.line(" other, after ");
        assert!(end.text.starts_with(flood), "one flood at a time: {end:?}");
        let mut counts = end
            .text
            .split(": ")
            .nth(1)
            .unwrap()
            .split(", ")
            .map(|part| part.split(' ').next().unwrap().parse().unwrap_or_default());
        let mut next = || counts.next().unwrap();
        (Ends { ok: next(), not_started: next(), unknown: next(), other: next() }, end.at)
    }

    /// How often a method was executed there, by player.
    fn executed(&mut self) -> BTreeMap<String, u64> {
        let lines = self.program.ask("stats", " running");
        let players = lines.iter().filter_map(|line| line.strip_prefix("player "));
        let count = |line: &str| {
            let (player, count) = line.split_once(": ")?;
            Some((player.to_owned(), count.split(' ').next()?.parse().ok()?))
        };
        players.filter_map(count).collect()
    }

    /// Waits until so many handlers run there.
    fn runs(&mut self, count: usize) {
        let running = format!(", {count} running");
        until("so many running handlers", || {
            self.program.ask("stats", " running").last()?.ends_with(&running).then_some(())
        });
    }
}

#[test]
fn m73_three_processes_are_one_cluster() {
    let mut nodes = Node::three();
    // Everybody places a key alike, and what is scored through any of them adds up in one place.
    let (owner, boot) = nodes[0].create("arena-42");
    for (node, total) in nodes.iter_mut().zip([10, 20, 30]) {
        assert_eq!(node.create("arena-42"), (owner.clone(), boot.clone()));
        let answer = node.score("arena-42", "alice", 10);
        let expected = format!("ok: alice has {total} points in arena-42 (node {owner}, ");
        assert!(answer.starts_with(&expected), "{answer}");
    }
    for node in &mut nodes {
        let expected = if node.name == owner { Some(3) } else { None };
        assert_eq!(node.executed().get("alice").copied(), expected, "on node {}", node.name);
    }
    let refused = nodes[0].score("arena-42", "alice", 0);
    assert!(refused.starts_with("the module says: alice cannot score zero points"), "{refused}");

    let players = nodes[1].program.ask("players", " errors (");
    for node in &nodes {
        let expected = format!("node {}: {} players", node.name, usize::from(node.name == owner));
        assert!(players.contains(&expected), "{players:?}");
    }
    assert!(players.last().unwrap().starts_with("3 answers, 0 errors"), "{players:?}");
}

#[test]
fn m75_calls_in_flight_to_a_killed_node_end_at_once_and_it_comes_back_as_another_boot() {
    let [mut a, mut b, mut c] = Node::three();
    let key = a.key_on("c");
    let (_, boot) = b.create(&key);
    let (from_a, from_b) = (a.flood(&key, 50, 4_000), b.flood(&key, 50, 4_000));
    c.runs(100);

    let killed = Instant::now();
    c.program.kill();
    for (node, flood) in [(&mut a, &from_a), (&mut b, &from_b)] {
        let (ends, at) = node.ends(flood);
        assert_eq!((ends.ok, ends.other), (0, 0), "{ends:?}");
        assert_eq!(ends.not_started + ends.unknown, 50, "each ended once: {ends:?}");
        let after = at.saturating_duration_since(killed);
        assert!(after <= Duration::from_millis(200), "they learnt of it after {after:?}");
    }
    for node in [&mut a, &mut b] {
        node.sees(2);
        assert!(killed.elapsed() <= Duration::from_secs(6), "it was kept as a member");
        assert_eq!(node.executed(), BTreeMap::new(), "nobody made the calls of the dead node's shards again");
    }

    // A shard is pinned to a boot. What was made before fails at once; what is made now is elsewhere.
    let gone = a.score(&key, "alice", 1);
    assert!(gone.starts_with("not started: remote node is no longer available (node c, "), "{gone}");
    assert_ne!(a.create(&key).0, "c");
    let moved = a.score(&key, "alice", 1);
    assert!(moved.starts_with("ok: alice has 1 points"), "{moved}");
    let met = b.meet(&key, "alice", 1);
    assert!(met.starts_with("ok: alice has 2 points"), "b has made no new shard: {met}");

    let peers = [a.address.clone(), b.address.clone()];
    let mut c = Node::start("c", &c.address, &peers);
    for node in [&mut a, &mut b, &mut c] {
        node.sees(3);
    }
    let old = b.score(&key, "bob", 1);
    assert!(old.starts_with("not started: "), "b still has the shard of the first boot: {old}");
    let (owner, new_boot) = b.create(&key);
    assert_eq!(owner, "c", "the same name gets the same keys");
    assert_ne!(new_boot, boot);
    let new = b.score(&key, "bob", 1);
    assert!(new.starts_with("ok: bob has 1 points"), "{new}");
    let met = a.meet(&key, "bob", 1);
    assert!(met.starts_with("ok: bob has 2 points") && met.contains("(node c, "), "{met}");
    assert_eq!(c.executed(), BTreeMap::from([("bob".to_owned(), 2)]));
}

#[test]
fn calls_between_others_do_not_notice_that_a_node_was_killed() {
    let [mut a, mut b, mut c] = Node::three();
    let key = a.key_on("b");
    let flood = a.flood(&key, 50, 1_500);
    b.runs(50);
    c.program.kill();
    a.sees(2);
    let (ends, _) = a.ends(&flood);
    assert_eq!(ends, Ends { ok: 50, not_started: 0, unknown: 0, other: 0 });
    let executed = b.executed();
    assert_eq!(executed.len(), 50);
    assert!(executed.values().all(|count| *count == 1), "once each: {executed:?}");
}

#[test]
fn a_node_that_quits_finishes_what_it_has() {
    // Longer than goodbyes may take, so that only a node that waits for its handlers gets through.
    finishes_what_it_has(2_000, |node| drop(node.ask("quit", "has left")));
}

#[test]
fn the_end_of_input_is_a_way_to_quit() {
    finishes_what_it_has(1_000, Program::close_input);
}

#[test]
fn sigterm_is_a_way_to_quit() {
    finishes_what_it_has(1_000, |node| node.terminate());
}

fn finishes_what_it_has(millis: u64, quit: impl FnOnce(&mut Program)) {
    let [mut a, mut b, mut c] = Node::three();
    let key = a.key_on("c");
    let flood = a.flood(&key, 50, millis);
    c.runs(50);
    quit(&mut c.program);
    assert!(c.program.wait().success());
    let (ends, _) = a.ends(&flood);
    assert_eq!(ends, Ends { ok: 50, not_started: 0, unknown: 0, other: 0 });
    a.sees(2);
    b.sees(2);
}

#[test]
fn a_second_node_of_a_name_is_refused_while_the_first_one_lives() {
    let [a, mut b, _c] = Node::three();
    let second = Setup::new("cluster")
        .option("--name", "a")
        .option("--listen", "127.0.0.1:0")
        .peers([b.address.as_str()])
        .start();
    let failure = second.failure();
    let told = failure.lines().find(|line| line.starts_with("cluster: ")).unwrap();
    assert!(told.contains("\"a\"") && told.contains(&a.address), "{failure}");
    b.sees(3);
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    let failure = Setup::new("cluster").option("--nmae", "a").start().failure();
    assert!(failure.contains("no option `--nmae`") && failure.contains("usage:"), "{failure}");
    let failure = Setup::new("cluster").option("--listen", "127.0.0.1").start().failure();
    assert!(failure.contains("host:port"), "{failure}");

    let mut alone = Node::start("a", "127.0.0.1:0", &[]);
    for (command, answer) in [
        ("dance", "`dance` is no command"),
        ("score arena-42", "see `help`"),
        ("score arena-42 alice 10", "`create arena-42` first"),
        ("score arena-42 alice many", "`many` is not a number"),
        ("meet arena-42 alice many", "`many` is not a number"),
        ("meet arena-42 alice 10", "ok: alice has 10 points in arena-42 (node a, "),
        ("help", "leave the cluster"),
    ] {
        alone.program.ask(command, answer);
    }
    let long = "x".repeat(129);
    alone.program.ask(&format!("create {long}"), "no shard: the key has 129 bytes");
}
