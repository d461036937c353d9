//! A game's front door: every node also answers HTTP, and a game client may talk to any of them. It gets
//! a shard as JSON from one and plays it against whichever the load balancer gives it next.
//!
//! ```text
//! cargo run --example gateway -- --name a --listen 127.0.0.1:7501 --peers 127.0.0.1:7502 --http 127.0.0.1:8501
//! cargo run --example gateway -- --name b --listen 127.0.0.1:7502 --peers 127.0.0.1:7501 --http 127.0.0.1:8502
//!
//! curl -X POST -H 'x-player: alice' 127.0.0.1:8501/arenas/arena-42
//! curl -X POST -H 'x-player: alice' -H 'content-type: application/json' \
//!      -d '{"shard": {"id": "…"}, "points": 10}' 127.0.0.1:8502/score
//! curl 127.0.0.1:8502/players
//! ```
//!
//! What alice gets is bound to her. When mallory has stolen it and sends it with `x-player: mallory`, to whichever node, the
//! answer is `403` and `{"error":"token refused"}`, as for anything else that is no good token; why is in that node's log.
//!
//! With `--secrets FILE` the cluster's secrets stand in a file, the current one in its first line. To change them without a stop,
//! write the file on every node and send each process a SIGHUP, three times, each time on all before the next: old and new,
//! then new and old, and a day later the new one alone.

mod answer;
mod arena;
mod args;
mod player;
mod routes;
mod secrets;

use std::error::Error;
use std::process::ExitCode;

use shard_runtime::Node;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::arena::Arena;
use crate::args::Args;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("gateway: {error}");
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
    // First of all: a signal that nobody listens to would end the process.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let hangup = args.secrets.is_some().then(|| signal(SignalKind::hangup())).transpose()?;
    let mut builder = Node::builder("example-gateway").module(Arena::default());
    if let Some(name) = args.name {
        builder = builder.name(name);
    }
    if let Some(listen) = args.listen {
        builder = builder.listen(listen);
    }
    if let Some(peers) = args.peers {
        builder = builder.peers(peers);
    }
    if let Some(file) = &args.secrets {
        builder = builder.secret(secrets::read(file)?);
    }
    let node = builder.start().await?;
    if let Some((file, hangup)) = args.secrets.zip(hangup) {
        tokio::spawn(secrets::follow(node.clone(), file, hangup));
    }
    let leaving = node.clone();
    let asked_to_stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // From now on nothing new is placed here, while clients and other nodes get what they wait for.
        tokio::spawn(async move { leaving.drain().await });
    };
    println!("node {} listens on {}", node.name(), node.address());
    // Before that it would place keys as if it were alone.
    node.ready().await?;

    let http = TcpListener::bind(&args.http).await?;
    println!("http on {}", http.local_addr()?);
    // Clients first: what they are still waiting for needs the node.
    axum::serve(http, routes::all(node.clone())).with_graceful_shutdown(asked_to_stop).await?;
    node.shutdown().await;
    println!("node has left");
    Ok(())
}
