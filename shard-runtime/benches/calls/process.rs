//! This program again, as the one that is called.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::servers::{Addresses, Servers};

/// Ends with this process, however that ends: by the end of its input.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) fn start(nodes: usize) -> (Self, Addresses) {
        let child = Command::new(std::env::current_exe().expect("it has a path"))
            .args(["--serve", &nodes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.expect("it can be run again");
        let output = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("it says where it is");
        (Self { child }, Addresses::of_line(&line))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What the other process does.
pub(crate) async fn serve(nodes: usize) {
    let servers = Servers::start(nodes).await;
    println!("{}", servers.addresses.to_line());
    let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = input.await;
}
