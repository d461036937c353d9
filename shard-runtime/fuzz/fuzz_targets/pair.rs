#![no_main]

use libfuzzer_sys::fuzz_target;
use shard_runtime::fuzzing;
use shard_runtime_fuzz::timed;
use tokio::runtime::Builder;

fuzz_target!(|input: &[u8]| timed(run, input));

fn run(input: &[u8]) {
    // Time is paused: what the script waits for takes none.
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(fuzzing::pair(input));
}
