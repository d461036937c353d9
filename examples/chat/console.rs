//! The commands.

use std::ops::ControlFlow;

use shard_runtime::Node;

use crate::guest::Guest;

const HELP: &str = "\
join ROOM     leave the room you are in, and join another
say TEXT      say something to everybody in it
typing        tell them that you are about to
leave         leave it
who           who is online, on all nodes
where USER    at which node somebody sits
motd [TEXT]   read the message of the day, or set it on all nodes
nodes         the cluster as this node sees it
help          this text
quit          leave the cluster in order";

/// Does what a line says; breaks when it says to quit.
pub(crate) async fn run(guest: &mut Guest, node: &Node, line: &str) -> ControlFlow<()> {
    let (command, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match (command, rest.trim()) {
        ("", _) => {}
        ("join", room) if !room.is_empty() => guest.join(room).await,
        ("say", text) => guest.say(text).await,
        ("typing", "") => guest.typing().await,
        ("leave", "") => guest.leave().await,
        ("who", "") => guest.who().await,
        ("where", who) if !who.is_empty() => guest.find(who).await,
        ("motd", "") => guest.motd().await,
        ("motd", text) => guest.set_motd(text).await,
        ("nodes", "") => nodes(node),
        ("help", _) => println!("{HELP}"),
        ("quit", "") => return ControlFlow::Break(()),
        (command, _) => println!("`{command}` is no command, or lacks something: see `help`"),
    }
    ControlFlow::Continue(())
}

fn nodes(node: &Node) {
    let members = node.members();
    for member in &members {
        println!("node {}: {}", member.name, member.address);
    }
    println!("{} nodes", members.len());
}
