//! Gives the corpus to the targets, for `./reached`: `replay corpus`.

use std::fs;
use std::path::Path;

use shard_runtime::fuzzing;
use tokio::runtime::Builder;

fn main() {
    let corpus = std::env::args().nth(1).expect("the folder of the corpus");
    let targets: [(&str, fn(&[u8])); 11] = [
        ("arguments", fuzzing::arguments),
        ("calls", fuzzing::calls),
        ("chunks", fuzzing::chunks),
        ("connection", fuzzing::connection),
        ("frames", fuzzing::frames),
        ("gossip", fuzzing::gossip),
        ("handshake", fuzzing::handshake),
        ("items", fuzzing::items),
        ("pair", pair),
        ("replies", fuzzing::replies),
        ("token", fuzzing::token),
    ];
    for (target, run) in targets {
        for file in fs::read_dir(Path::new(&corpus).join(target)).expect("a folder for each target") {
            run(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}

fn pair(input: &[u8]) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(fuzzing::pair(input));
}
