//! One node of a cluster, with a console on its standard input. Start it three times, each in a terminal
//! of its own, then end one with `kill -9` and see what the others say:
//!
//! ```text
//! cargo run --example cluster -- --name a --listen 127.0.0.1:7401 --discovery gossip://127.0.0.1:7401,127.0.0.1:7402
//! cargo run --example cluster -- --name b --listen 127.0.0.1:7402 --discovery gossip://127.0.0.1:7401,127.0.0.1:7402
//! cargo run --example cluster -- --name c --listen 127.0.0.1:7403 --discovery gossip://127.0.0.1:7401,127.0.0.1:7402
//! ```
//!
//! `--discovery mdns` needs no addresses, and `--peers` is short for `--discovery fixed://…`. `help` lists the commands. On several machines the nodes also need a secret in common: give each the
//! same `SHARD_SECRET`. `RUST_LOG=debug` shows more of what a node does.

mod arena;
mod args;
mod console;
mod flood;

use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use shard_runtime::Node;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing_subscriber::EnvFilter;

use crate::arena::Arena;
use crate::args::Args;
use crate::console::Console;

#[tokio::main]
async fn main() -> ExitCode {
    // Nodes that come and go are told on standard error, beside the console's answers.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("cluster: {error}");
            let mut reason = error.source();
            while let Some(source) = reason {
                eprint!(": {source}");
                reason = source.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let args = Args::parse(std::env::args().skip(1))?;
    let arena = Arc::new(Arena::default());
    // What the arguments leave open, the builder looks up in the environment.
    let mut builder = Node::builder("example-cluster").shared_module(Arc::clone(&arena));
    if let Some(name) = args.name {
        builder = builder.name(name);
    }
    if let Some(listen) = args.listen {
        builder = builder.listen(listen);
    }
    if let Some(peers) = args.peers {
        builder = builder.peers(peers);
    }
    if let Some(discovery) = args.discovery {
        builder = builder.discovery(discovery);
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let node = builder.start().await?;
    println!("node {} listens on {}", node.name(), node.address());
    node.ready().await?;
    println!("node {} is ready", node.name());

    let mut lines = standard_input();
    let mut console = Console::new(node.clone(), arena);
    loop {
        prompt(node.name())?;
        let line = tokio::select! {
            line = lines.recv() => line,
            _ = terminate.recv() => None,
            _ = interrupt.recv() => None,
        };
        let Some(line) = line else { break };
        if console.run(&line).await.is_break() {
            break;
        }
    }
    // Calls that run here are waited for, and the other nodes are told rather than left to find out.
    node.shutdown().await;
    println!("node {} has left", node.name());
    Ok(())
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

/// For people only: in a pipe the answers stand alone.
fn prompt(name: &str) -> std::io::Result<()> {
    if std::io::stdin().is_terminal() {
        print!("{name}> ");
        std::io::stdout().flush()?;
    }
    Ok(())
}
