use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use shard_runtime::testing::{Cluster, Fake};
use shard_runtime::{CallError, NodeBuilder, Shard as _, State, Unknown, sharded_module};
use tokio::time::{Instant, sleep, timeout};

use crate::Count;

#[derive(Default)]
struct Source {
    open: Count,
    helpers: Count,
}

#[sharded_module]
impl Source {
    fn touch(&self) {}

    fn quiet(&self) -> impl Stream<Item = u8> + Send {
        let open = self.open.one();
        stream::pending().inspect(move |_: &u8| {
            let _ = &open;
        })
    }

    /// One large item, and then nothing more.
    fn large(&self, size: usize) -> impl Stream<Item = Vec<u8>> + Send {
        let open = self.open.one();
        stream::iter([vec![7; size]]).chain(stream::pending()).inspect(move |_| {
            let _ = &open;
        })
    }

    fn blocks(&self) -> impl Stream<Item = Vec<u8>> + Send {
        stream::iter(0..).map(|_: u32| vec![7; 1020])
    }

    /// Tells a helper when nobody waits any more, and never opens.
    async fn never_opens(&self, state: &State) -> impl Stream<Item = u8> + Send + use<> {
        let (helper, state) = (self.helpers.one(), state.clone());
        drop(State::spawn(async move {
            state.cancelled().await;
            drop(helper);
        }));
        std::future::pending::<()>().await;
        stream::empty()
    }

    /// The same, and ends by itself.
    fn ends(&self, state: &State) -> impl Stream<Item = u8> + Send + use<> {
        let (helper, state) = (self.helpers.one(), state.clone());
        drop(State::spawn(async move {
            state.cancelled().await;
            drop(helper);
        }));
        stream::iter([1])
    }
}

async fn two() -> Cluster {
    Cluster::of(2, |node| node.module(Source::default())).await.unwrap()
}

/// A node that calls and one that hosts the module, which is given as well.
async fn client_and_host(
    client: impl FnOnce(NodeBuilder) -> NodeBuilder + Send + 'static,
) -> (Cluster, Arc<Source>) {
    let module = Arc::new(Source::default());
    let given = Arc::clone(&module);
    let cluster = Cluster::builder()
        .node(move |node| client(node.client_of::<Source>()))
        .node(|node| node.shared_module(given))
        .start()
        .await
        .unwrap();
    (cluster, module)
}

/// A place is given to another call as soon as its stream is dropped, before that has ended over there.
#[tokio::test(start_paused = true)]
async fn streams_that_are_dropped_are_not_counted_for_ever() {
    let cluster = two().await;
    let (one, other) = (cluster.node(0), cluster.node(1).module::<Source>().local_shard().unwrap());
    let shard = one.module::<Source>().get_shard(&other).unwrap();
    for n in 0..300 {
        let opened = shard.quiet().await;
        assert!(opened.is_ok(), "after {n} of them: {opened:?}");
        drop(opened);
        shard.touch().await.unwrap();
    }
}

/// The same, when the next call of that place is another stream.
#[tokio::test(start_paused = true)]
async fn a_stream_in_the_place_of_a_dropped_one_counts_once() {
    let cluster = two().await;
    let other = cluster.node(1).module::<Source>().local_shard().unwrap();
    let shard = cluster.node(0).module::<Source>().get_shard(&other).unwrap();
    for n in 0..300 {
        let opened = shard.quiet().await;
        assert!(opened.is_ok(), "after {n} of them: {opened:?}");
    }
}

/// An item that is too large for the reader ends the stream here, and so it must over there.
#[tokio::test(start_paused = true)]
async fn a_stream_that_its_reader_cannot_take_ends_over_there_as_well() {
    let (cluster, module) = client_and_host(|client| client.message_limit(100_000)).await;
    let shard = cluster.node(0).module::<Source>().create_shard("key").unwrap();
    let mut items = shard.large(150_000).await.unwrap();
    let error = items.next().await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Unknown { reason: Unknown::ReplyTooLarge { .. }, .. }), "{error:?}");
    drop(items);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(module.open.now(), 0, "it goes on for nobody");
}

/// It takes something every tenth of a second, though never half of the window in the call's timeout.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_that_reads_is_none_that_does_not() {
    let cluster = two().await;
    for node in 0..2 {
        let other = cluster.node(1).module::<Source>().local_shard().unwrap();
        let shard = cluster.node(node).module::<Source>().get_shard(&other).unwrap();
        let mut blocks = shard.timeout(Duration::from_secs(1)).blocks().await.unwrap();
        for n in 0..600 {
            sleep(Duration::from_millis(100)).await;
            let block = blocks.next().await.unwrap();
            assert!(block.is_ok(), "from node {node}, item {n}: {block:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn helpers_of_a_stream_that_does_not_open_in_time_are_told() {
    let (cluster, module) = client_and_host(|client| client).await;
    let shard = cluster.node(0).module::<Source>().create_shard("key").unwrap();
    for millis in 90..110 {
        let call = shard.timeout(Duration::from_millis(millis));
        call.never_opens(&State::new()).await.unwrap_err();
    }
    sleep(Duration::from_secs(60)).await;
    assert_eq!(module.helpers.now(), 0);
}

/// Nobody waits for a stream that has ended.
#[tokio::test(start_paused = true)]
async fn helpers_of_a_stream_that_has_ended_are_told() {
    let (cluster, module) = client_and_host(|client| client).await;
    let shard = cluster.node(0).module::<Source>().create_shard("key").unwrap();
    let items: Vec<_> = shard.ends(&State::new()).await.unwrap().collect().await;
    assert_eq!(items, [Ok(1)]);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(module.helpers.now(), 0);
}

/// How patient a stream is with its reader is a matter of the call's timeout, and not of what an earlier part of a
/// chain has left of it.
#[tokio::test(start_paused = true)]
async fn a_stream_that_is_opened_late_is_as_patient_as_any() {
    let cluster = two().await;
    let other = cluster.node(1).module::<Source>().local_shard().unwrap();
    let shard = cluster.node(0).module::<Source>().get_shard(&other).unwrap();
    let late = State::new().with_deadline(Instant::now() + Duration::from_millis(100));
    let mut blocks = late.scope(shard.blocks()).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let ended = timeout(Duration::from_secs(5), async {
        for _ in 0..1000 {
            blocks.next().await.unwrap()?;
        }
        Ok::<(), CallError>(())
    });
    assert_eq!(ended.await.unwrap(), Ok(()));
}

/// Fails to be encoded.
#[derive(Debug, Deserialize)]
struct Odd(u8);

impl Serialize for Odd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(2) {
            serializer.serialize_newtype_struct("Odd", &self.0)
        } else {
            Err(serde::ser::Error::custom("odd"))
        }
    }
}

struct Odds;

#[sharded_module]
impl Odds {
    fn all(&self) -> impl Stream<Item = Odd> + Send {
        stream::iter([2, 3, 4]).map(Odd)
    }
}

/// As it does on a node.
#[tokio::test(start_paused = true)]
async fn a_fake_says_so_when_an_item_cannot_be_encoded() {
    let fake = Fake::<Odds>::new().on_stream("all", |_, (): ()| stream::iter([2, 3, 4]).map(Odd));
    let items: Vec<_> = fake.shard("key").all().await.unwrap().collect().await;
    assert!(
        matches!(items.last(), Some(Err(CallError::Unknown { reason: Unknown::CannotEncodeReply(_), .. }))),
        "{items:?}"
    );
}
