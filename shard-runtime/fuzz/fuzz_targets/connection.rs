#![no_main]

use libfuzzer_sys::fuzz_target;
use shard_runtime::fuzzing;
use shard_runtime_fuzz::timed;

fuzz_target!(|input: &[u8]| timed(fuzzing::connection, input));
