//! The process that is called: it serves all of them, prints where, and ends when its input does.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;

use tokio::runtime::Runtime;

use crate::arguments::SERVER;
use crate::peer::Handlers;
use crate::{Outcome, shard, tarpc, zeromq};

/// Where the server is called, in the order in which it prints them.
#[derive(Clone)]
pub(crate) struct Addresses {
    pub(crate) node: String,
    /// The token of a shard of that node.
    pub(crate) token: String,
    pub(crate) tarpc_in_tasks: String,
    pub(crate) tarpc_in_line: String,
    pub(crate) zeromq: String,
}

/// Serves until there is no more input.
pub(crate) fn run(runtime: &Runtime) -> Outcome {
    runtime.block_on(async {
        let (node, token) = shard::serve().await?;
        let tarpc_in_tasks = tarpc::serve(Handlers::InTasks).await?;
        let tarpc_in_line = tarpc::serve(Handlers::InLine).await?;
        let zeromq = zeromq::serve().await?;
        println!("{} {token} {tarpc_in_tasks} {tarpc_in_line} {zeromq}", node.address());
        // Whoever started this one has the other end, and closes it by ending, in whatever way.
        tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
        node.shutdown().await;
        Ok(())
    })
}

/// The running server, for whoever started it.
pub(crate) struct Server {
    process: Child,
    pub(crate) addresses: Addresses,
}

impl Server {
    pub(crate) fn start() -> Outcome<Self> {
        let mut process = Command::new(env::current_exe()?)
            .arg(SERVER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("the server's output is not read")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { process, addresses: line.parse()? })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It has nothing to say any more.
        let _ended = self.process.wait();
    }
}

impl FromStr for Addresses {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words = line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let [node, token, tarpc_in_tasks, tarpc_in_line, zeromq] = <[String; 5]>::try_from(words)
            .map_err(|words| format!("the server printed {} words", words.len()))?;
        Ok(Self { node, token, tarpc_in_tasks, tarpc_in_line, zeromq })
    }
}
