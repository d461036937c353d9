//! `examples/chat`: a scene in one process, and rooms that three processes share.

use crate::ports;
use crate::program::{Program, Setup, until};

struct Node {
    name: &'static str,
    program: Program,
}

impl Node {
    fn start(name: &'static str, address: &str, seeds: &[String]) -> Self {
        let mut program = Setup::new("chat")
            .option("--name", name)
            .option("--listen", address)
            .option("--discovery", &format!("gossip://{}", seeds.join(",")))
            .start();
        program.line("is online");
        Self { name, program }
    }

    /// Three of them, each of which sees all.
    fn three() -> [Self; 3] {
        Self::three_at(&ports::free())
    }

    fn three_at(addresses: &[String; 3]) -> [Self; 3] {
        let mut index = 0;
        let mut nodes = ["a", "b", "c"].map(|name| {
            index += 1;
            Self::start(name, &addresses[index - 1], &addresses[..2])
        });
        for node in &mut nodes {
            node.sees(3);
        }
        nodes
    }

    fn sees(&mut self, count: usize) {
        let count = format!("{count} nodes");
        until("a view of so many nodes", || {
            (*self.program.ask("nodes", " nodes").last()? == count).then_some(())
        });
    }

    /// Joins a room and returns the name of the node that has it.
    fn join(&mut self, room: &str) -> String {
        let line = self.program.ask(&format!("join {room}"), "joined, on node ").pop().unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// Joins a room that the node has.
    fn join_on(&mut self, node: &str) -> String {
        let mut rooms = (0..1000).map(|number| format!("talk-{number}"));
        rooms.find(|room| self.join(room) == node).expect("one in a thousand rooms is there")
    }

    /// Says something, and waits until those who are to have read it have.
    fn say(&mut self, text: &str, readers: &mut [&mut Self]) {
        let line = format!("{}: {text}", self.name);
        self.program.ask(&format!("say {text}"), &line);
        for reader in readers {
            reader.program.line(&line);
        }
    }

    /// Waits until it says that these are online.
    fn counts(&mut self, online: &str) {
        until("a list of these names", || {
            (self.program.ask("who", " online").last()? == online).then_some(())
        });
    }
}

#[test]
fn the_scene_ends_well() {
    let mut scene = Setup::new("chat").start();
    scene.line("done");
    assert!(scene.wait().success());
    for part in [
        "ada reads: 3 of 3 nodes have the message of the day",
        "ben reads: message of the day: be kind",
        ", ada: be kind",
        "ada reads: ben is typing",
        "cid reads: ben: hello, is anybody here?",
        "ben reads: not said: there is nothing to say",
        "ben reads: 3 online: ada (node-0), ben (node-1), cid (node-2)",
        "ben reads: cid is at node node-2",
        "ben reads: lost the room (node node-2: the connection was lost), joining again",
        "ben reads: joined again, on node node-",
        "ben reads: ada: ben, are you still there?",
        "ben reads: 2 online: ada (node-0), ben (node-1)",
        "ada reads: ben has gone",
    ] {
        scene.line(part);
    }
}

#[test]
fn what_is_said_at_one_node_is_read_at_all() {
    let [mut a, mut b, mut c] = Node::three();
    let owner = a.join("rust");
    assert_eq!((b.join("rust"), c.join("rust")), (owner.clone(), owner));
    a.say("hello", &mut [&mut b, &mut c]);
    c.say("good morning", &mut [&mut a, &mut b]);
    b.program.ask("typing", "b is typing");
    a.program.line("b is typing");
    for node in [&mut a, &mut b, &mut c] {
        node.counts("3 online: a (a), b (b), c (c)");
    }
    a.program.ask("where c", "c is at node c");
    a.program.ask("where dave", "dave is not online");

    // Who comes late reads what was said last; who goes is seen to.
    b.program.ask("leave", "you have left");
    a.program.line("b has gone");
    a.say("he has left", &mut [&mut c]);
    let lines = b.program.ask("join rust", "a: he has left");
    assert!(lines.iter().any(|line| line == "c: good morning"), "{lines:?}");
}

#[test]
fn the_message_of_the_day_is_set_on_all_nodes_and_late_ones_catch_up() {
    let addresses: [String; 3] = ports::free();
    let mut a = Node::start("a", &addresses[0], &addresses);
    let mut b = Node::start("b", &addresses[1], &addresses);
    a.sees(2);
    a.program.ask("motd be kind", "2 of 2 nodes have the message of the day");
    b.program.line("message of the day: be kind");
    let mut c = Node::start("c", &addresses[2], &addresses);
    c.program.ask("motd", "the message of the day is: be kind");
    c.sees(3);
    c.program.ask("motd rest", "3 of 3 nodes have the message of the day");
    a.program.line("message of the day: rest");
    let greeting = b.program.ask("join rust", "welcome to ").pop().unwrap();
    assert_eq!(greeting, "welcome to room:rust, b: rest");
}

#[test]
fn a_room_whose_node_is_killed_goes_on_elsewhere() {
    let [mut a, mut b, mut c] = Node::three();
    let room = a.join_on("c");
    assert_eq!(b.join(&room), "c");
    a.say("before", &mut [&mut b]);
    c.program.kill();
    for node in [&mut a, &mut b] {
        node.program.line("lost the room (node c: the connection was lost), joining again");
        node.program.line("joined again, on node ");
    }
    a.say("after", &mut [&mut b]);
    b.say("indeed", &mut [&mut a]);
    a.sees(2);
    a.counts("2 online: a (a), b (b)");
}

#[test]
fn a_room_moves_with_its_key_when_a_node_leaves_and_when_it_comes_back() {
    let addresses: [String; 3] = ports::free();
    let [mut a, mut b, mut c] = Node::three_at(&addresses);
    let room = a.join_on("c");
    assert_eq!(b.join(&room), "c");
    a.say("before", &mut [&mut b]);
    c.program.ask("quit", "has left");
    assert!(c.program.wait().success());
    for node in [&mut a, &mut b] {
        node.program.line("the room moves, joining again");
        node.program.line("joined again, on node ");
    }
    a.say("after", &mut [&mut b]);

    let mut c = Node::start("c", &addresses[2], &addresses);
    for node in [&mut a, &mut b] {
        node.program.line("joined again, on node c");
    }
    assert_eq!(c.join(&room), "c");
    b.say("once more", &mut [&mut a, &mut c]);
}

#[test]
fn who_is_killed_has_gone_from_the_room() {
    let [mut a, mut b, mut c] = Node::three();
    let room = a.join_on("a");
    assert_eq!((b.join(&room), c.join(&room)), ("a".to_owned(), "a".to_owned()));
    c.program.kill();
    a.program.line("c has gone");
    b.program.line("c has gone");
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    for (option, answer) in [("--nmae", "no option `--nmae`"), ("--listen", "needs a `--name`")] {
        let failure = Setup::new("chat").option(option, "127.0.0.1:0").start().failure();
        assert!(failure.contains(answer) && failure.contains("usage:"), "{failure}");
    }
    let mut alone = Setup::new("chat").option("--name", "a").option("--listen", "127.0.0.1:0").start();
    for (command, answer) in [
        ("dance", "`dance` is no command"),
        ("join", "see `help`"),
        ("say hello", "join a room first: `join ROOM`"),
        ("join rust", "joined, on node a"),
        ("say", "not said: there is nothing to say"),
        ("motd", "there is no message of the day"),
        ("help", "leave the cluster"),
    ] {
        alone.ask(command, answer);
    }
    let long = "x".repeat(124);
    alone.ask(&format!("join {long}"), "the key has 129 bytes");
}
