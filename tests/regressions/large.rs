//! Whoever reads or writes what is large keeps nobody else waiting.

#![expect(clippy::needless_pass_by_value, reason = "arguments that are owned are what is decoded")]

use std::sync::mpsc;
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use shard_runtime::sharded_module;
use shard_runtime::testing::Cluster;
use tokio::runtime::Handle;

const SIZE: usize = 300_000;

/// Ends when some other task has run, if it is for something large.
fn wait(read_or_written: usize) {
    if read_or_written >= SIZE {
        let (tell, told) = mpsc::channel();
        drop(Handle::current().spawn(async move { tell.send(()) }));
        told.recv_timeout(Duration::from_secs(10)).expect("another task runs meanwhile");
    }
}

/// Bytes that wait when they have been read.
#[derive(Serialize)]
struct SlowToRead(Vec<u8>);

impl<'de> Deserialize<'de> for SlowToRead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Vec::deserialize(deserializer)?;
        wait(read.len());
        Ok(Self(read))
    }
}

/// The same, and when they have been written as well.
#[derive(Deserialize)]
struct Slow(SlowToRead);

impl Serialize for Slow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = self.0.serialize(serializer)?;
        wait(self.0.0.len());
        Ok(written)
    }
}

struct Store;

#[sharded_module]
impl Store {
    fn load(&self, size: usize) -> Slow {
        Slow(SlowToRead(vec![7; size]))
    }

    fn store(&self, bytes: SlowToRead) -> usize {
        bytes.0.len()
    }

    #[blocking]
    fn store_in_a_thread(&self, bytes: SlowToRead) -> usize {
        bytes.0.len()
    }

    fn store_and_watch(&self, bytes: SlowToRead) -> impl Stream<Item = usize> + Send {
        stream::iter([bytes.0.len()])
    }
}

async fn load_all() {
    let cluster = Cluster::of(2, |node| node.module(Store)).await.unwrap();
    let [here, there] = [0, 1].map(|at| cluster.node(at).module::<Store>());
    let shard = here.get_shard(&there.local_shard().unwrap()).unwrap();
    for size in [1, SIZE, 10, SIZE] {
        assert_eq!(shard.load(size).await.unwrap().0.0.len(), size);
        let bytes = || SlowToRead(vec![7; size]);
        assert_eq!(shard.store(bytes()).await, Ok(size));
        assert_eq!(shard.store_in_a_thread(bytes()).await, Ok(size));
        let stored: Vec<_> = shard.store_and_watch(bytes()).await.unwrap().collect().await;
        assert_eq!(stored, [Ok(size)]);
    }
    for (_, loaded) in here.create_broadcast().load(SIZE).all().await.unwrap() {
        assert_eq!(loaded.0.0.len(), SIZE);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn large_messages_keep_nobody_waiting() {
    tokio::spawn(load_all()).await.unwrap();
}

/// Where no thread can be had for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn large_messages_come_to_a_local_set_as_well() {
    tokio::task::LocalSet::new().run_until(load_all()).await;
}
