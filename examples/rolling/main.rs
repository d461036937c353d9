//! A rolling restart under load: five nodes, each a process of its own, are asked to end one after the other, as an
//! operating system or an orchestrator does it, with SIGTERM, and started again under the same name. All the
//! while this program calls them, and in the end it accounts for each call by its number.
//!
//! ```text
//! cargo run --example rolling                  # about half a minute
//! cargo run --example rolling -- --short       # about ten seconds
//! cargo run --example rolling -- --rate 2000 --keys 50000 --quiet
//! ```
//!
//! Two kinds of calls are made:
//!
//! - *keyed* ones, at a steady rate, whatever becomes of those before: to `keyed_shard(key)`, for many keys. When a
//!   node drains, its keys go to the others, and the calls go after them;
//! - *sessions*: a session plays on one node, chosen as it begins, over `create_shard(key)`, which is pinned to
//!   that node. When the node drains, the sessions that are there go on until they have ended by themselves, and new
//!   ones begin elsewhere.
//!
//! The table has a line for each restart: how many calls were answered meanwhile, and how many failed; how many
//! keys moved away when the node left and back when it returned; how long it took to exit after SIGTERM (it waits for
//! its sessions), and to be back. The program succeeds only if every keyed call ran exactly once, and no session's
//! call was lost. It believes no outcome by itself: each node, as it ends, writes down what has run there, and the
//! books are compared.
//!
//! The files: `tally.rs` is the module that is called, `node.rs` one of the five processes, `fleet.rs` starts and
//! ends them, `load.rs` calls them, `roll.rs` is the restart, `books.rs` compares.

mod args;
mod books;
mod fleet;
mod load;
mod node;
mod roll;
mod tally;

use std::error::Error;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::args::Args;

#[tokio::main]
async fn main() -> ExitCode {
    // Nodes that come and go are what this is about: the log is for what nobody expects.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprint!("rolling: {error}");
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

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    match Args::parse(std::env::args().skip(1))? {
        Args::Node(setup) => node::run(setup).await.map(|()| ExitCode::SUCCESS),
        Args::Roll(plan) => roll::run(&plan).await,
    }
}
