//! What a subscriber of `tracing` sees of calls: a span on either side, which belong together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use shard_runtime::testing::Cluster;
use shard_runtime::{Shard as _, ShardToken, State, TraceContext, sharded_module};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::patience::{patient, until};

/// A span as it was recorded.
#[derive(Debug, Clone, Default)]
struct Span {
    name: &'static str,
    /// In which other one it was made, by its place in the book.
    inside: Option<usize>,
    fields: BTreeMap<String, String>,
}

impl Span {
    /// The value of a field; nothing if it was left empty.
    fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    fn what(&self) -> (&'static str, &str) {
        (self.name, self.get("rpc.method").unwrap_or_default())
    }
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

/// All spans of calls, in the order in which they were made.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<(Id, Span)>>>);

impl<S: Subscriber> Layer<S> for Book {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "shard::call"
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut span = Span { name: attributes.metadata().name(), ..Span::default() };
        attributes.record(&mut span);
        let mut spans = self.0.lock().unwrap();
        // Ids are used again: the newest counts.
        let at = |id: &Id| spans.iter().rposition(|(other, _)| other == id);
        span.inside = context.current_span().id().and_then(at);
        spans.push((id.clone(), span));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        let span = spans.iter_mut().rfind(|(other, _)| other == id);
        record.record(&mut span.expect("it has been made").1);
    }
}

impl Book {
    /// Begins to note what this thread does.
    fn open() -> (Self, DefaultGuard) {
        let book = Self::default();
        let guard = set_default(tracing_subscriber::registry().with(book.clone()));
        (book, guard)
    }

    fn spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().iter().map(|(_, span)| span.clone()).collect()
    }

    /// Forgets them.
    fn take(&self) -> Vec<Span> {
        let spans = self.spans();
        self.0.lock().unwrap().clear();
        spans
    }
}

#[derive(Default)]
struct Step;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("no")]
struct No;

#[sharded_module]
impl Step {
    /// Calls the steps behind it, and says what its trace is.
    async fn walks(&self, state: &State, ways: &[ShardToken]) -> String {
        let here = state.trace().unwrap().traceparent();
        // A handler that waits is polled in another task than the link's.
        tokio::task::yield_now().await;
        if let Some((next, rest)) = ways.split_first() {
            let next = state.module::<Self>().get_shard(next).unwrap();
            Box::pin(next.walks(state, rest)).await.unwrap();
        }
        here
    }

    fn fails(&self, how: u8) -> Result<u8, No> {
        assert!(how != 1, "as asked");
        if how == 2 { Err(No) } else { Ok(how) }
    }

    async fn hangs(&self) {
        std::future::pending::<()>().await;
    }

    #[blocking]
    fn blocks(&self, state: &State) -> String {
        state.trace().unwrap().traceparent()
    }

    #[detached]
    async fn goes_on(&self) {
        tokio::task::yield_now().await;
    }

    #[oneway]
    fn is_told(&self) {}

    fn items(&self) -> impl Stream<Item = String> + Send {
        stream::once(async { State::current().trace().unwrap().traceparent() })
    }
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Three nodes, and a shard of the first on each of the others.
async fn nodes() -> (Cluster, [StepShard; 2]) {
    let cluster = Cluster::of(3, |node| node.module(Step)).await.unwrap();
    let steps = cluster.node(0).module::<Step>();
    let on = |name: &str| {
        let mut shards = (0_u32..10_000).map(|key| steps.create_shard(key).unwrap());
        shards.find(|shard| shard.node().is_some_and(|node| node.as_str() == name)).unwrap()
    };
    let shards = [on("node-1"), on("node-2")];
    (cluster, shards)
}

#[tokio::test]
async fn a_chain_over_three_nodes_is_one_trace() {
    patient(async {
        let (_cluster, [next, last]) = nodes().await;
        let (book, _guard) = Book::open();
        let tokens = [last.token().mint()];
        for trace in [None, Some(TraceContext::parse(PARENT, None).unwrap())] {
            let state = trace.clone().map_or_else(State::new, |trace| State::new().with_trace(trace));
            let seen = next.walks(&state, &tokens).await.unwrap();
            let spans = book.take();
            let whats: Vec<_> = spans.iter().map(Span::what).collect();
            assert_eq!(
                whats,
                [("call", "walks"), ("handle", "walks"), ("call", "walks"), ("handle", "walks")]
            );
            let [gateway, at_next, onward, at_last] = &spans[..] else { panic!("four") };
            let mut before = trace.map(|trace| hex(&trace.span_id()));
            let trace_id = match &before {
                Some(_) => PARENT[3..35].to_owned(),
                None => gateway.get("trace_id").unwrap().to_owned(),
            };
            for (span, at) in spans.iter().zip(0..) {
                assert_eq!(span.get("trace_id"), Some(&*trace_id), "span {at}");
                assert_eq!(span.get("parent_id"), before.as_deref(), "span {at} is a part of the one before");
                assert_eq!(span.get("rpc.system"), Some("shard"));
                assert_eq!(span.get("rpc.service"), Some("Step"));
                before = span.get("span_id").map(ToOwned::to_owned);
            }
            let ids: BTreeSet<_> = spans.iter().map(|span| span.get("span_id")).collect();
            assert_eq!((ids.len(), trace_id.len()), (4, 32));
            assert_eq!((gateway.get("shard.caller"), onward.get("shard.caller")), (None, None));
            let callers = (at_next.get("shard.caller"), at_last.get("shard.caller"));
            assert!(callers.0.is_some_and(|caller| caller.contains("node-0")), "{callers:?}");
            assert!(callers.1.is_some_and(|caller| caller.contains("node-1")), "{callers:?}");
            let keys = [gateway, onward].map(|span| span.get("shard.key").map(ToOwned::to_owned));
            assert_eq!(keys, [&next, &last].map(|shard| Some(shard.key().to_string())));
            assert_eq!(
                [at_next, at_last].map(|span| span.get("shard.key")),
                keys.each_ref().map(Option::as_deref)
            );
            assert_eq!([gateway, onward].map(|span| span.get("shard.outcome")), [Some("ok"); 2]);
            // What the handler sees of its trace is its own span.
            assert_eq!(seen[3..52], format!("{trace_id}-{}", at_next.get("span_id").unwrap()));
            // On one node they are also inside of each other.
            assert_eq!(onward.inside, Some(1), "a call that a handler makes");
            assert_eq!(
                (gateway.inside, at_next.inside, at_last.inside),
                (None, None, None),
                "nodes are apart"
            );
        }
    })
    .await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[tokio::test]
async fn the_outcome_of_each_call_is_noted() {
    patient(async {
        let (cluster, [next, _last]) = nodes().await;
        let (book, _guard) = Book::open();
        let here = cluster.node(0).module::<Step>().local_shard().unwrap();
        for (shard, spans) in [(&next, 2), (&here, 1)] {
            let quickly = shard.timeout(Duration::from_millis(20));
            for (expected, is_ok) in [
                ("ok", shard.fails(0).await.is_ok()),
                ("panicked", shard.fails(1).await.is_ok()),
                ("module", shard.fails(2).await.is_ok()),
                ("unknown", quickly.hangs().await.is_ok()),
            ] {
                assert_eq!(is_ok, expected == "ok", "{expected}");
            }
            let outcomes: Vec<_> = book
                .spans()
                .iter()
                .filter_map(|span| span.get("shard.outcome").map(ToOwned::to_owned))
                .collect();
            assert_eq!(outcomes, ["ok", "panicked", "module", "unknown"]);
            assert_eq!(book.take().len(), 4 * spans, "nobody else's span is needed on one node");
        }
        // A call that was given up has none.
        let mut given_up = Box::pin(next.hangs());
        assert!(futures::poll!(given_up.as_mut()).is_pending());
        drop(given_up);
        assert_eq!(book.take()[0].get("shard.outcome"), None);
        next.timeout(Duration::ZERO).fails(0).await.unwrap_err();
        assert_eq!(book.take()[0].get("shard.outcome"), Some("not_started"));
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_call_has_its_spans() {
    patient(async {
        let (cluster, [next, _last]) = nodes().await;
        let (book, _guard) = Book::open();
        let trace = TraceContext::parse(PARENT, None).unwrap();
        let state = State::new().with_trace(trace);
        let both = |method| {
            let spans = book.take();
            let whats: Vec<_> = spans.iter().map(Span::what).collect();
            assert_eq!(whats, [("call", method), ("handle", method)]);
            assert!(spans.iter().all(|span| span.get("trace_id") == Some(&PARENT[3..35])), "{spans:?}");
            assert_eq!(spans[1].get("parent_id"), spans[0].get("span_id"));
            assert_eq!(spans[0].get("shard.outcome"), Some("ok"));
            format!("{}-{}", &PARENT[3..35], spans[1].get("span_id").unwrap())
        };
        let seen = next.blocks(&state).await.unwrap();
        assert_eq!(seen[3..52], both("blocks"));
        state.clone().scope(next.goes_on()).await.unwrap();
        both("goes_on");
        state.clone().scope(next.is_told()).await.unwrap();
        until(Duration::from_secs(1), "it runs", || book.spans().len() == 2).await;
        both("is_told");
        let items: Vec<_> = state.clone().scope(next.items()).await.unwrap().collect().await;
        let seen = items.into_iter().next().unwrap().unwrap();
        assert_eq!(seen[3..52], both("items"));

        // Of a broadcast each node's part is a call.
        let all = cluster.node(0).module::<Step>().create_broadcast();
        all.walks(&state, &[]).all().await.unwrap();
        let spans = book.take();
        let of = |name: &'static str| spans.iter().filter(move |span| span.what() == (name, "walks"));
        assert_eq!((of("call").count(), of("handle").count(), spans.len()), (3, 2, 5));
        for handle in of("handle") {
            let call = of("call").find(|call| call.get("span_id") == handle.get("parent_id"));
            assert_eq!(call.unwrap().get("trace_id"), handle.get("trace_id"));
        }
        assert!(of("call").all(|call| call.get("shard.outcome") == Some("ok")), "{spans:?}");
        assert!(spans.iter().all(|span| span.get("trace_id") == Some(&PARENT[3..35])), "{spans:?}");
    })
    .await;
}

/// Nothing is drawn for nobody: a trace begins where somebody looks, or where it is given.
#[tokio::test]
async fn without_a_subscriber_a_trace_goes_on_and_none_begins() {
    patient(async {
        let (_cluster, [next, _last]) = nodes().await;
        let state = State::new().with_trace(TraceContext::parse(PARENT, Some("a=b")).unwrap());
        assert_eq!(next.blocks(&state).await.unwrap(), PARENT);
        let items: Vec<_> = state.scope(next.items()).await.unwrap().collect().await;
        assert_eq!(items.into_iter().next().unwrap().unwrap(), PARENT);
        next.blocks(&State::new()).await.unwrap_err();
    })
    .await;
}
