//! The cluster's secrets in a file: one a line, the current one first, and then those that are accepted as well.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use shard_runtime::{Node, Secret, Secrets};
use tokio::signal::unix::Signal;

/// Lines that are empty are passed over.
pub(crate) fn read(file: &Path) -> Result<Secrets, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::new);
    let current = lines.next().ok_or("the file of secrets is empty")??;
    lines.try_fold(Secrets::new(current), |secrets, previous| Ok(secrets.with_previous(previous?)?))
}

/// Reads them again each time the process is told to. How it says that it did is what a script waits for that goes
/// from node to node.
pub(crate) async fn follow(node: Node, file: PathBuf, mut told: Signal) {
    while told.recv().await.is_some() {
        match read(&file) {
            Ok(secrets) => {
                node.set_secrets(secrets);
                println!("secrets are read again");
            }
            // Those that it has are better than none.
            Err(error) => println!("secrets are not read again: {error}"),
        }
    }
}
