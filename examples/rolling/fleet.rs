//! The five processes.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::node::{RAN, READY};

const NAMES: [&str; 5] = ["ada", "ben", "cid", "dot", "eve"];

/// What a process takes to start or to end, at most: draining takes 10 s, and all of it 15 s.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Fleet {
    pub(crate) cluster: String,
    addresses: BTreeMap<&'static str, String>,
    running: BTreeMap<&'static str, Process>,
}

struct Process {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Fleet {
    /// Starts all of them, and waits until they can be called.
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let cluster = format!("example-rolling-{}", std::process::id());
        let addresses = NAMES.into_iter().zip(free_addresses()).collect();
        let mut fleet = Self { cluster, addresses, running: BTreeMap::new() };
        for name in NAMES {
            fleet.spawn(name)?;
        }
        for name in NAMES {
            fleet.ready(name).await?;
        }
        Ok(fleet)
    }

    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter()
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.addresses.values().map(String::as_str)
    }

    /// Starts one of them.
    pub(crate) fn spawn(&mut self, name: &'static str) -> io::Result<()> {
        let mut command = Command::new(std::env::current_exe()?);
        let peers: Vec<_> = self.addresses().collect();
        command
            .args(["node", "--cluster", &self.cluster, "--name", name])
            .args(["--listen", &self.addresses[name], "--peers", &peers.join(",")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let output = BufReader::new(output).lines();
        self.running.insert(name, Process { child, output });
        Ok(())
    }

    /// Waits until one of them says that it can be called.
    pub(crate) async fn ready(&mut self, name: &'static str) -> Result<(), Box<dyn Error>> {
        let process = self.running.get_mut(name).ok_or("it does not run")?;
        let line = timeout(PATIENCE, process.output.next_line()).await??;
        if line.as_deref() == Some(READY) { Ok(()) } else { Err(format!("{name} does not start").into()) }
    }

    /// Asks one of them to end, as an operating system does, and returns which calls have run there.
    pub(crate) async fn terminate(&mut self, name: &'static str) -> Result<Vec<u64>, Box<dyn Error>> {
        let mut process = self.running.remove(name).ok_or("it does not run")?;
        let id = process.child.id().ok_or("it has ended by itself")?;
        let sent = Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        if !sent.success() {
            return Err(format!("{name} cannot be asked to end").into());
        }
        let ended = async {
            let line = process.output.next_line().await?;
            Ok::<_, io::Error>((line, process.child.wait().await?))
        };
        let (line, status) = timeout(PATIENCE, ended).await??;
        let line =
            line.filter(|_| status.success()).ok_or_else(|| format!("{name} did not end well: {status}"))?;
        let ran = line.strip_prefix(RAN).ok_or("it does not say what has run there")?;
        Ok(ran.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
    }
}

/// Addresses on loopback where nobody listens now, below the range from which systems take ports for connections:
/// a node that is started again must find its port as it left it.
fn free_addresses() -> impl Iterator<Item = String> {
    let begin = std::process::id() % 2_000 * 5;
    let addresses = (0..10_000).map(move |step| format!("127.0.0.1:{}", 20_000 + (begin + step) % 10_000));
    addresses.filter(|address| TcpListener::bind(address).is_ok())
}
