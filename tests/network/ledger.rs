//! The module whose runs are counted.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shard_runtime::sharded_module;
use tokio::time::sleep;

/// Writes the number of each call that begins to a file: what it holds outlives `kill -9`.
pub(crate) struct Ledger(File);

#[sharded_module]
impl Ledger {
    /// Takes so long.
    pub(crate) async fn work(&self, id: u64, millis: u64) -> u64 {
        self.note(id);
        if millis > 0 {
            sleep(Duration::from_millis(millis)).await;
        }
        id
    }

    #[local]
    fn note(&self, id: u64) {
        // One write of eight bytes: whole or not at all.
        (&self.0).write_all(&id.to_le_bytes()).expect("the ledger's file can be written");
    }
}

impl Ledger {
    pub(crate) fn at(path: &Path) -> Self {
        Self(
            OpenOptions::new().create(true).append(true).open(path).expect("the ledger's file can be opened"),
        )
    }

    /// The numbers of the calls that have begun, in order.
    pub(crate) fn read(path: &Path) -> Vec<u64> {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.chunks_exact(8).map(|id| u64::from_le_bytes(id.try_into().unwrap())).collect()
    }
}

/// Microseconds of the clock that all processes of this machine share.
pub(crate) fn micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}
