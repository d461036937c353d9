//! A node with a user at its terminal.

use std::error::Error;
use std::sync::Arc;

use shard_runtime::{Discovery, Node};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::console;
use crate::guest::Guest;
use crate::room::Room;

pub(crate) async fn run(
    name: &str,
    listen: Option<String>,
    discovery: Option<Discovery>,
) -> Result<(), Box<dyn Error>> {
    let room = Arc::new(Room::default());
    // What the arguments leave open, the builder looks up in the environment.
    let mut builder = Node::builder("example-chat").name(name).shared_module(Arc::clone(&room));
    if let Some(listen) = listen {
        builder = builder.listen(listen);
    }
    if let Some(discovery) = discovery {
        builder = builder.discovery(discovery);
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let node = builder.start().await?;
    println!("node {} listens on {}", node.name(), node.address());
    node.ready().await?;

    let (to, lines) = mpsc::channel(64);
    let printing = tokio::spawn(print(lines));
    let mut guest = Guest::new(node.clone(), &room, name, to).await?;
    println!("{name} is online: try `join rust`, then `say hello`; `help` lists all commands");
    let mut input = standard_input();
    loop {
        let command = tokio::select! {
            command = input.recv() => command,
            _ = terminate.recv() => None,
            _ = interrupt.recv() => None,
        };
        let Some(command) = command else { break };
        if console::run(&mut guest, &node, &command).await.is_break() {
            break;
        }
    }
    // The user leaves, and then the rooms go to other nodes, with everybody in them.
    drop(guest);
    printing.await?;
    node.shutdown().await;
    println!("node {} has left", node.name());
    Ok(())
}

/// In a task of its own, so that a command which takes its time keeps nobody from reading.
async fn print(mut lines: mpsc::Receiver<String>) {
    while let Some(line) = lines.recv().await {
        println!("{line}");
    }
}

/// Lines from a thread of their own: a read of tokio's standard input cannot be given up, and would keep
/// a process that was asked to stop waiting for one more line.
fn standard_input() -> mpsc::Receiver<String> {
    let (to, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if to.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}
