//! M35, M36 and M38: calls that stay on the node.

use std::time::Duration;

use shard_runtime::{CallError, NotStarted, Shard, State, Unknown};
use tokio::time::Instant;

use crate::fixture::{Arena, Bed, Picky, patient, tcp_builder, within};

#[tokio::test]
async fn m35_a_local_call_runs_the_method_and_sends_nothing() {
    patient(async {
        let bed = Bed::of(2).await;
        let local = bed.node(0).module::<Arena>().local_shard().unwrap();
        let (shards, mut runs, mut silent) = ([&local, &bed.shard(0, 0)], 0, false);
        // Nodes also gossip, which now and then falls into the middle of it.
        for _ in 0..50 {
            let before = bed.cluster.network().bytes_carried();
            for shard in shards {
                assert!(shard.is_local());
                assert_eq!(shard.label().await.unwrap(), "node-0");
                assert_eq!(shard.echo_blocking(b"bytes").await.unwrap(), b"bytes");
                runs += 1;
            }
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            silent |= bed.cluster.network().bytes_carried() == before;
        }
        assert!(silent, "a call that stays sends nothing");
        assert_eq!((bed.arena(0).runs("label"), bed.arena(1).all_runs()), (runs, 0));
    })
    .await;
}

#[tokio::test]
async fn m35_a_local_call_moves_its_arguments_and_encodes_nothing() {
    patient(async {
        let bed = Bed::of(1).await;
        let shard = bed.shard(0, 0);
        for text in [Picky::PANICS_WHEN_WRITTEN, Picky::FAILS_WHEN_READ] {
            assert_eq!(shard.takes_picky(Picky::new(text)).await.unwrap(), text.len());
            assert_eq!(shard.gives_picky(text).await.unwrap(), Picky::new(text));
        }
        assert_eq!(shard.echo(&vec![1; 5 << 20]).await.unwrap().len(), 5 << 20);
    })
    .await;
}

#[tokio::test]
async fn m36_a_local_call_is_awaited_and_its_error_is_a_result() {
    patient(async {
        let bed = Bed::of(1).await;
        let shard = bed.shard(0, 0);
        let not_awaited = shard.label();
        drop(not_awaited);
        assert_eq!(bed.arena(0).runs("label"), 0);

        let failed = shard.panics_in_line();
        let error = failed.await.unwrap_err();
        assert!(
            matches!(&error, CallError::Panicked { message, .. } if message.contains("on fire")),
            "{error}"
        );
        assert_eq!(bed.arena(0).runs("panics_in_line"), 1);
        assert_eq!(bed.node(0).running(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m36_a_local_call_obeys_its_deadline() {
    patient(async {
        let bed = Bed::of(1).await;
        let shard = bed.shard(0, 0);
        let start = Instant::now();
        let state = State::new().with_deadline(start + Duration::from_millis(300));
        let error = state.clone().scope(shard.hangs()).await.unwrap_err();
        assert!(matches!(error, CallError::Unknown { reason: Unknown::Deadline, .. }), "{error}");
        let took = start.elapsed();
        assert!((300..=400).contains(&took.as_millis()), "{took:?}");
        assert_eq!((bed.arena(0).runs("hangs"), bed.node(0).running()), (1, 0));

        let error = state.scope(shard.label()).await.unwrap_err();
        assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Expired, .. }), "{error}");
        assert_eq!(bed.arena(0).runs("label"), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn m38_a_local_call_works_with_the_transport_down() {
    patient(async {
        let bed = Bed::of(3).await;
        let shard = bed.shard(0, 0);
        bed.cluster.network().kill("node-0:1");
        bed.cluster.cut(0, 1);
        bed.cluster.cut(0, 2);
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(shard.label().await.unwrap(), "node-0");
            assert!(bed.node(0).module::<Arena>().local_shard().unwrap().label().await.is_ok());
        }
        assert_eq!(bed.node(0).members().len(), 1);
        let alone = bed.node(0).module::<Arena>().create_shard("any").unwrap();
        assert_eq!(alone.label().await.unwrap(), "node-0");
        assert_eq!(bed.arena(0).runs("label"), 21);
    })
    .await;
}

#[tokio::test]
async fn m38_a_local_call_works_while_nobody_in_the_list_answers() {
    patient(async {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = silent.local_addr().unwrap().to_string();
        let node = tcp_builder("alone", [silent.as_str(), "127.0.0.1:1"]).shared_module(Arena::new("alone"));
        let node = node.start().await.unwrap();
        let local = node.module::<Arena>().local_shard().unwrap();
        let label = within(Duration::from_secs(1), "a local call", local.label()).await;
        assert_eq!(label.unwrap(), "alone");
    })
    .await;
}
