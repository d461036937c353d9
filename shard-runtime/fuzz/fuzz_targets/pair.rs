#![no_main]

use shard_runtime::fuzzing::pair;
use tokio::runtime::Builder;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // Time is paused: what the script waits for takes none.
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(pair(input));
});
