//! Streams: in order, without gaps, with one end (I14), and no faster than they are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use shard_runtime::{CallError, Incoming, NotStarted, Shard, State, Unknown, sharded_module};
use tokio::time::{Instant, sleep, timeout};

use crate::bed::{Bed, Way};
use crate::patience::{until, within};
use crate::picky::Picky;

in_four_ways!(
    in_order_without_gaps_and_with_one_end,
    an_empty_one_ends,
    items_that_look_like_nothing,
    arguments_may_be_borrowed,
    an_error_instead_of_a_stream,
    it_may_take_a_while_to_open,
    one_that_does_not_open_in_time,
    a_panic_ends_it,
    an_item_that_cannot_be_encoded_ends_it,
    an_item_that_is_too_large_ends_it,
    large_items,
    it_lives_on_after_the_deadline_of_its_opening,
    dropping_it_ends_it_over_there,
    dropping_the_call_that_opens_it,
    a_reader_that_pauses_holds_it_back,
    a_reader_that_stops_ends_it_with_an_error,
    a_reader_that_stops_holds_up_nobody_else,
    many_at_once,
    only_so_many_are_open,
    it_sees_its_context,
);

/// The credit of a stream, in bytes.
const CREDIT: u64 = 256 * 1024;

#[derive(Default)]
struct Source {
    /// Items that any stream has given.
    given: Arc<AtomicU64>,
    /// Streams that are there.
    open: Arc<AtomicU64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
struct Closed(String);

/// Counts a stream as long as it is there.
struct Open(Arc<AtomicU64>);

impl Open {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[sharded_module]
impl Source {
    #[local]
    fn given(&self) -> u64 {
        self.given.load(Ordering::SeqCst)
    }

    #[local]
    fn open(&self) -> u64 {
        self.open.load(Ordering::SeqCst)
    }

    #[local]
    fn counted<T>(&self, items: impl Stream<Item = T> + Send) -> impl Stream<Item = T> + Send {
        let (given, open) = (Arc::clone(&self.given), Open::new(&self.open));
        items.inspect(move |_| {
            let _ = &open;
            given.fetch_add(1, Ordering::SeqCst);
        })
    }

    fn numbers(&self, count: u64) -> impl Stream<Item = u64> + Send {
        self.counted(stream::iter(0..count))
    }

    /// One after each pause.
    fn ticks(&self, count: u64, millis: u64) -> impl Stream<Item = u64> + Send {
        self.counted(stream::iter(0..count).then(move |n| async move {
            sleep(Duration::from_millis(millis)).await;
            n
        }))
    }

    /// Without an end.
    fn blocks(&self, size: usize) -> impl Stream<Item = (u64, String)> + Send {
        self.counted(stream::iter(0..).map(move |n| (n, "x".repeat(size))))
    }

    fn nothings(&self) -> impl Stream<Item = Option<()>> + Send {
        stream::iter([None, Some(()), None])
    }

    fn words(&self, text: &str) -> impl Stream<Item = String> + Send {
        stream::iter(text.split(' ').map(ToOwned::to_owned))
    }

    async fn opens(
        &self,
        millis: u64,
        fails: bool,
    ) -> Result<impl Stream<Item = u64> + Send + use<>, Closed> {
        let open = Open::new(&self.open);
        sleep(Duration::from_millis(millis)).await;
        if fails {
            return Err(Closed("closed today".to_owned()));
        }
        Ok(stream::iter(0..3).inspect(move |_| {
            let _ = &open;
        }))
    }

    fn panics(&self, after: u64) -> impl Stream<Item = u64> + Send {
        self.counted(stream::iter(0..).inspect(move |n| assert!(*n < after, "the source is dry")))
    }

    fn picky(&self, bad: &str) -> impl Stream<Item = Picky> + Send {
        self.counted(stream::iter([Picky::new("good"), Picky::new(bad), Picky::new("late")]))
    }

    fn actor(&self, state: &State) -> impl Stream<Item = String> + Send {
        let given = state.actor().unwrap_or_default().to_owned();
        stream::iter([given]).chain(stream::once(async {
            tokio::task::yield_now().await;
            State::current().actor().unwrap_or_default().to_owned()
        }))
    }

    fn echo(&self, id: u64) -> u64 {
        id
    }
}

/// What a stream has given, and its error if it ended with one. It gives nothing more after its end.
async fn all<T>(mut stream: Incoming<T>) -> (Vec<T>, Option<CallError>)
where
    Incoming<T>: Unpin,
{
    let (mut items, mut error) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(error.is_none(), "nothing follows an error but the end");
        match item {
            Ok(item) => items.push(item),
            Err(failed) => error = Some(failed),
        }
    }
    assert!(stream.next().await.is_none() && stream.next().await.is_none(), "there is one end");
    (items, error)
}

async fn none_is_open(bed: &Bed<Source>) {
    until(Duration::from_secs(1), "no stream is there", || bed.module.open() == 0).await;
    until(Duration::from_secs(1), "nothing runs", || bed.nodes.callee.running() == 0).await;
}

async fn in_order_without_gaps_and_with_one_end(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    for count in [1, 2, 1_000, 100_000] {
        let incoming = bed.shard.numbers(count).await.unwrap();
        assert_eq!(incoming.node().as_str(), bed.nodes.callee.name());
        let (items, error) = within(Duration::from_secs(20), "all of them", all(incoming)).await;
        assert!(items.iter().copied().eq(0..count), "{count}");
        assert_eq!(error, None);
    }
    let (items, error) = all(bed.shard.ticks(20, 2).await.unwrap()).await;
    assert_eq!((items, error), ((0..20).collect(), None));
    none_is_open(&bed).await;
}

async fn an_empty_one_ends(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    for _ in 0..10 {
        assert_eq!(all(bed.shard.numbers(0).await.unwrap()).await, (vec![], None));
    }
    none_is_open(&bed).await;
}

async fn items_that_look_like_nothing(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let expected = (vec![None, Some(()), None], None);
    assert_eq!(all(bed.shard.nothings().await.unwrap()).await, expected);
}

async fn arguments_may_be_borrowed(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let text = "to be or not".to_owned();
    let incoming = bed.shard.words(&text).await.unwrap();
    drop(text);
    assert_eq!(all(incoming).await.0, ["to", "be", "or", "not"]);
}

async fn an_error_instead_of_a_stream(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    for millis in [0, 20] {
        let error = bed.shard.opens(millis, true).await.unwrap_err();
        assert_eq!(error.module(), Some(&Closed("closed today".to_owned())));
        assert_eq!(error.node().unwrap().as_str(), bed.nodes.callee.name());
    }
    none_is_open(&bed).await;
}

async fn it_may_take_a_while_to_open(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    assert_eq!(all(bed.shard.opens(50, false).await.unwrap()).await, (vec![0, 1, 2], None));
    none_is_open(&bed).await;
}

async fn one_that_does_not_open_in_time(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let start = Instant::now();
    let shard = Shard::timeout(&bed.shard, Duration::from_millis(100));
    let error = shard.opens(60_000, false).await.unwrap_err();
    crate::bed::on_time(start, 100);
    assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error:?}");
    let error = Shard::timeout(&bed.shard, Duration::ZERO).numbers(1).await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Expired, .. }), "{error:?}");
    none_is_open(&bed).await;
}

async fn a_panic_ends_it(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    for after in [0, 1, 50_000] {
        let (items, error) = all(bed.shard.panics(after).await.unwrap()).await;
        assert!(items.iter().copied().eq(0..after), "what came before it has come: {}", items.len());
        let error = error.unwrap();
        assert!(
            matches!(&error, CallError::Panicked { message, .. } if message.contains("dry")),
            "{error:?}"
        );
    }
    none_is_open(&bed).await;
    assert_eq!(bed.shard.echo(1).await, Ok(1));
}

async fn an_item_that_cannot_be_encoded_ends_it(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    for bad in [Picky::PANICS_WHEN_READ, Picky::FAILS_WHEN_READ] {
        let (items, error) = all(bed.shard.picky(bad).await.unwrap()).await;
        assert_eq!(items, [Picky::new("good")]);
        let error = error.unwrap();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Undecodable(_), .. }), "{error:?}");
    }
    for bad in [Picky::PANICS_WHEN_WRITTEN, Picky::FAILS_WHEN_WRITTEN] {
        let (items, error) = all(bed.shard.picky(bad).await.unwrap()).await;
        assert_eq!(items, [Picky::new("good")]);
        let error = error.unwrap();
        assert!(!error.is_not_started(), "{error:?}");
        assert!(error.to_string().contains("the user's `Serialize`"), "{error}");
    }
    none_is_open(&bed).await;
}

async fn an_item_that_is_too_large_ends_it(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let (items, error) = all(bed.shard.blocks((1 << 20) + 1).await.unwrap()).await;
    assert_eq!(items, []);
    let error = error.unwrap();
    assert!(matches!(error, CallError::Unknown { reason: Unknown::ReplyTooLarge { .. }, .. }), "{error:?}");
    none_is_open(&bed).await;
}

/// Larger than a stream's credit.
async fn large_items(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let mut incoming = bed.shard.blocks(600_000).await.unwrap();
    for n in 0..8 {
        let (at, text) = incoming.next().await.unwrap().unwrap();
        assert_eq!((at, text.len()), (n, 600_000));
    }
    drop(incoming);
    none_is_open(&bed).await;
}

async fn it_lives_on_after_the_deadline_of_its_opening(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let shard = Shard::timeout(&bed.shard, Duration::from_millis(150));
    let incoming = shard.ticks(10, 40).await.unwrap();
    assert_eq!(all(incoming).await, ((0..10).collect(), None));
    // One that has nothing to say for a while is not slow.
    let incoming = shard.ticks(1, 400).await.unwrap();
    assert_eq!(all(incoming).await, (vec![0], None));
}

async fn dropping_it_ends_it_over_there(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    for taken in [0, 1, 10] {
        // One that would go on, one that waits for its next item, and one that is held back by its reader.
        let mut busy = bed.shard.blocks(100).await.unwrap();
        let mut quiet = bed.shard.ticks(100, 2).await.unwrap();
        let idle = bed.shard.ticks(1, 60_000).await.unwrap();
        for n in 0..taken {
            assert_eq!(busy.next().await.unwrap().unwrap().0, n);
            assert_eq!(quiet.next().await, Some(Ok(n)));
        }
        until(Duration::from_secs(1), "they are there", || bed.module.open() == 3).await;
        drop((busy, quiet, idle));
        none_is_open(&bed).await;
    }
}

async fn dropping_the_call_that_opens_it(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    timeout(Duration::from_millis(40), bed.shard.opens(60_000, false)).await.unwrap_err();
    none_is_open(&bed).await;
    for _ in 0..50 {
        // Dropped about when it opens.
        let mut call = Box::pin(bed.shard.blocks(10));
        let _ = futures::poll!(call.as_mut());
        tokio::task::yield_now().await;
        drop(call);
    }
    none_is_open(&bed).await;
}

async fn a_reader_that_pauses_holds_it_back(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let mut incoming = bed.shard.blocks(1_000).await.unwrap();
    assert_eq!(incoming.next().await.unwrap().unwrap().0, 0);
    // It comes to rest, far from its end which it does not have.
    let mut before = 0;
    within(Duration::from_secs(5), "it rests", async {
        loop {
            sleep(Duration::from_millis(50)).await;
            let given = bed.module.given();
            if given == before {
                break;
            }
            before = given;
        }
    })
    .await;
    // Beside what waits for the reader, one batch waits to be sent.
    assert!(before * 1_000 <= CREDIT + 128 * 1024, "{before} items of 1,000 bytes");
    // Then it goes on where it was.
    for n in 1..2_000 {
        assert_eq!(incoming.next().await.unwrap().unwrap().0, n);
    }
    drop(incoming);
    none_is_open(&bed).await;
}

async fn a_reader_that_stops_ends_it_with_an_error(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let shard = Shard::timeout(&bed.shard, Duration::from_millis(200));
    let mut incoming = shard.blocks(1_000).await.unwrap();
    assert_eq!(incoming.next().await.unwrap().unwrap().0, 0);
    until(Duration::from_secs(2), "it is ended", || bed.module.open() == 0).await;
    let (items, error) = all(incoming).await;
    assert!(items.iter().map(|(n, _)| *n).eq(1..=items.len() as u64), "what had come is there, without gaps");
    let error = error.unwrap();
    assert!(matches!(error, CallError::Unknown { reason: Unknown::SlowReader, .. }), "{error:?}");
    none_is_open(&bed).await;
}

async fn a_reader_that_stops_holds_up_nobody_else(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let mut stopped = Vec::new();
    for _ in 0..4 {
        stopped.push(bed.shard.blocks(1_000).await.unwrap());
    }
    let start = Instant::now();
    for id in 0..50 {
        assert_eq!(bed.shard.echo(id).await, Ok(id));
    }
    let (items, error) = all(bed.shard.numbers(20_000).await.unwrap()).await;
    assert_eq!((items.len(), error), (20_000, None));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drop(stopped);
    none_is_open(&bed).await;
}

async fn many_at_once(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let streams = (0..100_u64).map(|n| {
        let shard = &bed.shard;
        async move {
            let (items, error) = if n.is_multiple_of(3) {
                all(shard.ticks(n, 1).await.unwrap()).await
            } else {
                all(shard.numbers(n * 20).await.unwrap()).await
            };
            let count = if n.is_multiple_of(3) { n } else { n * 20 };
            assert_eq!((items, error), ((0..count).collect(), None));
        }
    });
    join_all(streams).await;
    none_is_open(&bed).await;
}

async fn only_so_many_are_open(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    if !way.is_remote() {
        return; // The limit is one of links.
    }
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(bed.shard.ticks(1, 60_000).await.unwrap());
    }
    let error = bed.shard.numbers(1).await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Overloaded, .. }), "{error:?}");
    assert_eq!(bed.shard.echo(1).await, Ok(1), "that is no stream");
    open.truncate(255);
    let opened = async {
        loop {
            if let Ok(incoming) = bed.shard.numbers(1).await {
                break all(incoming).await;
            }
        }
    };
    assert_eq!(within(Duration::from_secs(1), "a place", opened).await, (vec![0], None));
    drop(open);
    none_is_open(&bed).await;
}

async fn it_sees_its_context(way: Way) {
    let bed = Bed::<Source>::of(way).await;
    let incoming = bed.shard.actor(&State::new().with_actor("alice")).await.unwrap();
    assert_eq!(all(incoming).await, (vec!["alice".to_owned(); 2], None));
}
