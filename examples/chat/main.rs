//! A chat: rooms that live on whichever node owns their name, and that everybody hears who has joined them.
//!
//! ```text
//! cargo run --example chat
//! ```
//!
//! plays a scene with three nodes in one process. To talk yourself, start three, each in a terminal of its own, then
//! `join rust` in all and `say hello`:
//!
//! ```text
//! cargo run --example chat -- --name a --listen 127.0.0.1:7601 --discovery gossip://127.0.0.1:7601,127.0.0.1:7602
//! cargo run --example chat -- --name b --listen 127.0.0.1:7602 --discovery gossip://127.0.0.1:7601,127.0.0.1:7602
//! cargo run --example chat -- --name c --listen 127.0.0.1:7603 --discovery gossip://127.0.0.1:7601,127.0.0.1:7602
//! ```
//!
//! | what | where |
//! |---|---|
//! | the module: rooms, presence, the message of the day | `room.rs`, `talk.rs`, `message.rs` |
//! | code that uses its shards, and its tests, without a node (`cargo test --test chat`) | `client.rs`, `presence.rs`, `motd.rs` |
//! | the user at a node's console | `guest.rs`, `console.rs` |

mod args;
mod client;
mod console;
mod guest;
mod message;
mod motd;
mod presence;
mod room;
mod scene;
mod talk;
mod terminal;

use std::error::Error;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::args::Args;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("chat: {error}");
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
    match Args::parse(std::env::args().skip(1))? {
        Args::Scene => scene::run().await,
        Args::Node { name, listen, discovery } => terminal::run(&name, listen, discovery).await,
    }
}
