//! What the fuzzer has found to be worth keeping, given to the targets as ordinary tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime::Builder;

/// What one input may take of the processor, in a build without optimisation.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let inputs: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            (path.display().to_string(), fs::read(&path).unwrap())
        })
        .collect();
    assert!(!inputs.is_empty(), "there is nothing in {}", folder.display());
    assert!(inputs.len() <= 250, "{} files for {target}: the corpus is to be minimised", inputs.len());
    inputs
}

fn replay(target: &str, run: impl Fn(&[u8])) {
    for (name, input) in inputs(target) {
        let start = processor_time();
        run(&input);
        if let (Some(start), Some(end)) = (start, processor_time()) {
            let took = end.saturating_sub(start);
            assert!(took < PATIENCE, "{name} took {took:?}");
        }
    }
}

/// What this thread has had of the processor, which stands still while the machine does something else. Only Linux tells it
/// to whoever can read a file; elsewhere nothing is measured.
fn processor_time() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn replay_pair(input: &[u8]) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(super::pair(input));
}

macro_rules! replayed {
    ($($target:ident by $run:expr;)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), $run);
            }
        )*

        /// Each target of the fuzzer is replayed, and the other way round.
        #[test]
        fn every_target_is_here() {
            let mut here = vec![$(concat!(stringify!($target), ".rs").to_owned()),*];
            here.sort();
            let targets = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets")).unwrap();
            let mut there: Vec<_> =
                targets.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            there.sort();
            assert_eq!(here, there);
        }
    };
}

replayed! {
    arguments by super::arguments;
    calls by super::calls;
    chunks by super::chunks;
    connection by super::connection;
    frames by super::frames;
    gossip by super::gossip;
    handshake by super::handshake;
    items by super::items;
    pair by replay_pair;
    replies by super::replies;
    token by super::token;
}

/// The first byte says how long the pieces are in which the rest is sent.
#[test]
fn a_connection_is_cut_into_pieces_of_every_length() {
    for (_, mut input) in inputs("connection").into_iter().step_by(8) {
        for piece in 0..=input.len().min(64) {
            input[0] = u8::try_from(piece).unwrap();
            super::connection(&input);
        }
    }
}
