//! A node that leaves in order.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{Error, MemberState, Node, State};
use tokio::time::{Instant, sleep};

use crate::fixture::{Arena, Bed, patient, shard_on, tcp, until, within};
use crate::verdict::truthful;

#[tokio::test]
async fn calls_in_flight_when_a_node_shuts_down_are_all_answered() {
    patient(async {
        let (nodes, arenas) = tcp(3).await;
        let shards = [shard_on(&nodes[0], &nodes[1]), shard_on(&nodes[1], &nodes[1])].map(Arc::new);
        let calls: Vec<_> = (0..50)
            .map(|id| {
                let shard = Arc::clone(&shards[usize::from(id % 5 == 0)]);
                tokio::spawn(async move { (id, shard.work(id).await) })
            })
            .collect();
        until(Duration::from_secs(5), "all run", || arenas[1].runs("work") == 50).await;
        let leaving = nodes[1].clone();
        let shutdown = tokio::spawn(async move { leaving.shutdown().await });
        until(Duration::from_secs(1), "they have heard of it", || {
            let member = |node: &Node| node.view().get("tcp-1").map(|member| member.state);
            nodes.iter().all(|node| member(node) == Some(MemberState::Draining))
        })
        .await;
        sleep(Duration::from_millis(300)).await;
        assert!(!shutdown.is_finished(), "it waits for those that run");
        arenas[1].release(50);
        let ends = within(Duration::from_secs(1), "the calls", join_all(calls)).await;
        let outcomes: Vec<_> = ends.into_iter().map(Result::unwrap).collect();
        assert_eq!(truthful(&outcomes, &arenas).ok, 50);
        within(Duration::from_secs(2), "shutdown", shutdown).await.unwrap();
        until(Duration::from_millis(100), "dropped", || nodes[0].members().len() == 2).await;
        assert!(nodes[2].members().len() == 2);
        assert_eq!(arenas[1].finished().len(), 50);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_steady_stream_of_calls_to_a_node_that_leaves_is_never_in_doubt() {
    patient(async {
        let bed = Bed::with(3, |node| node.drain_deadline(Duration::from_secs(2))).await;
        let shard = Arc::new(bed.shard(0, 1));
        let calls = (0..400_u64).map(|id| {
            let shard = Arc::clone(&shard);
            async move {
                sleep(Duration::from_millis(id * 10)).await;
                let marked = if id % 2 == 0 { shard.mark(id).await } else { shard.mark_later(id).await };
                (id, marked)
            }
        });
        let leave = async {
            sleep(Duration::from_millis(70)).await;
            bed.node(1).shutdown().await;
        };
        let (outcomes, ()) = tokio::join!(join_all(calls), leave);
        let ends = truthful(&outcomes, &bed.arenas);
        assert_eq!(ends.unknown, 0, "{ends:?}");
        assert!(ends.ok >= 200 && ends.not_started >= 150, "{ends:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_outlasts_the_drain_deadline_does_not_keep_the_node() {
    patient(async {
        let bed = Bed::with(2, |node| node.drain_deadline(Duration::from_secs(2))).await;
        let shard = Arc::new(bed.shard(0, 1));
        let call = tokio::spawn(async move {
            let state = State::new().with_deadline(Instant::now() + Duration::from_secs(30));
            (1, state.scope(shard.work(1)).await)
        });
        until(Duration::from_secs(1), "it runs", || bed.arena(1).runs("work") == 1).await;
        let start = Instant::now();
        bed.node(1).shutdown().await;
        let took = start.elapsed();
        assert!((2_000..=5_000).contains(&took.as_millis()), "{took:?}");
        let outcome = within(Duration::from_millis(200), "the call", call).await.unwrap();
        assert_eq!(truthful(&[outcome], &bed.arenas).unknown, 1);
        assert!(bed.arena(1).finished().is_empty());
    })
    .await;
}

#[tokio::test]
async fn dropping_the_last_handle_stops_the_node_at_once() {
    patient(async {
        let (mut nodes, arenas) = tcp(2).await;
        let local = nodes[1].module::<Arena>().local_shard().unwrap();
        let address = nodes[1].address().to_owned();
        let last = nodes.pop().unwrap();
        let one_more = last.clone();
        drop(last);
        assert_eq!(local.label().await.unwrap(), "tcp-1", "there is another handle");
        drop(one_more);
        let start = Instant::now();
        until(Duration::from_millis(500), "closed", || std::net::TcpStream::connect(&address).is_err()).await;
        until(Duration::from_secs(6), "dropped", || nodes[0].members().len() == 1).await;
        println!("dropped after {:?}", start.elapsed());
        let error = local.label().await.unwrap_err();
        assert!(error.is_not_started(), "{error:?}");
        assert_eq!(arenas[1].runs("label"), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_drains_places_nothing_new() {
    patient(async {
        let bed = Bed::of(2).await;
        let shard = Arc::new(bed.shard(0, 1));
        let call = tokio::spawn(async move { shard.work(1).await });
        until(Duration::from_secs(1), "it runs", || bed.arena(1).runs("work") == 1).await;
        let leaving = bed.node(1).clone();
        let shutdown = tokio::spawn(async move { leaving.shutdown().await });
        tokio::task::yield_now().await;
        let local = bed.node(1).module::<Arena>().local_shard();
        assert!(matches!(local, Err(Error::Draining)), "{local:?}");
        // Keys go elsewhere while it still works.
        until(Duration::from_millis(100), "it is out", || {
            let place = |n| bed.node(0).module::<Arena>().create_shard(n).unwrap();
            (0..50).all(|n| shard_runtime::Shard::is_local(&place(n)))
        })
        .await;
        bed.arena(1).release(1);
        assert_eq!(call.await.unwrap(), Ok(1));
        shutdown.await.unwrap();
    })
    .await;
}
