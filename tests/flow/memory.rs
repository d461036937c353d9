//! A stream takes as much memory however long it is, and however slowly it is read.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use shard_runtime::State;

use crate::driver::{Plan, micros};
use crate::fleet::Fleet;
use crate::patience::within;
use crate::rounds::{alone, set_by};

/// How much is streamed, where somebody has time for more than is said here.
const MIB: &str = "FLOW_STREAM_MIB";

/// How much more memory a process may take than before, in KiB.
const MORE: u64 = 16 * 1024;

const SIZE: usize = 1024;

async fn streamed(mib: u64, pauses: u64) {
    let _alone = alone().await;
    let fleet = Fleet::of(2).await;
    let [reader, writer] = &fleet.members[..] else { panic!("two") };
    // What is needed once is there before it is measured.
    let warm = Plan { count: 1_000, size: SIZE, pauses: 0, millis: 0 };
    reader.driver.reads(&State::new(), writer.token(), warm).await.unwrap();
    for member in &fleet.members {
        member.works.forget_peak().await.unwrap();
    }
    let before = [reader.health().await, writer.health().await];
    let plan = Plan { count: mib * 1024, pauses, millis: 200, ..warm };
    let took = reader.driver.reads(&State::new(), writer.token(), plan).await.unwrap();
    let bare = bare(plan.count);
    fleet.idle().await;
    let after = [reader.health().await, writer.health().await];
    let mib_per_second = |micros: u64| mib * 1_000_000 / micros;
    println!(
        "{mib} MiB in items of {SIZE} bytes, {pauses} pauses: {} MiB/s, over a bare socket {}; the peaks are {} and {} \
         KiB above {} and {}",
        mib_per_second(took),
        mib_per_second(bare),
        after[0].peak - before[0].resident,
        after[1].peak - before[1].resident,
        before[0].resident,
        before[1].resident,
    );
    for (before, after) in before.iter().zip(after) {
        assert!(after.peak <= before.resident + MORE, "{after:?}, before {before:?}");
    }
}

/// How long as many items take that are written as they are, in batches, and read by a thread that does no more.
fn bare(count: u64) -> u64 {
    const BATCH: usize = 64;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut to = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut from = listener.accept().unwrap().0;
    let start = Instant::now();
    let batches = count / BATCH as u64;
    let writer = thread::spawn(move || {
        let batch = vec![b'x'; BATCH * SIZE];
        for _ in 0..batches {
            to.write_all(&batch).unwrap();
        }
    });
    let mut buffer = vec![0; BATCH * SIZE];
    for _ in 0..batches {
        from.read_exact(&mut buffer).unwrap();
    }
    writer.join().unwrap();
    micros(start)
}

#[tokio::test]
async fn stays_while_much_is_streamed() {
    within(Duration::from_secs(600), "the test", streamed(set_by(MIB, 64), 0)).await;
}

#[tokio::test]
async fn stays_while_the_reader_pauses() {
    within(Duration::from_secs(600), "the test", streamed(set_by(MIB, 32), 8)).await;
}
