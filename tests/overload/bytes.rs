//! A peer that does not read.

use std::time::Duration;

use shard_runtime::{CallError, NotStarted};
use tokio::time::Instant;

use crate::bed::Bed;
use crate::patience::{patient, until};

/// What may wait for one peer, and one call more.
const LIMIT: usize = 65 << 20;

const SACK: usize = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_peer_does_not_read_is_refused_before_it_piles_up() {
    patient(async {
        let bed = Bed::start().await;
        let shard = bed.shard();
        assert_eq!(shard.weighs(&[]).await, Ok(0));
        let halted = shard.clone();
        let halted = tokio::spawn(async move { halted.halts(1_500).await });
        until(Duration::from_secs(1), "nobody reads", || bed.mill.held() == 1).await;

        let sack = vec![1; SACK];
        let (mut waiting, mut refused, start) = (Vec::new(), 0, Instant::now());
        for _ in 0..200 {
            let made = Instant::now();
            let mut call = Box::pin(shard.weighs(&sack));
            match futures::poll!(&mut call) {
                std::task::Poll::Ready(outcome) => {
                    let full = CallError::NotStarted {
                        reason: NotStarted::Overloaded,
                        node: Some("callee".parse().unwrap()),
                    };
                    assert_eq!(outcome, Err(full));
                    assert!(made.elapsed() < Duration::from_millis(250), "{:?}", made.elapsed());
                    refused += 1;
                }
                std::task::Poll::Pending => waiting.push(call),
            }
            assert!(bed.caller.calls().bytes_out <= LIMIT, "{:?}", bed.caller.calls());
        }
        println!(
            "{} wait, {refused} were refused, {:?}, {:?}",
            waiting.len(),
            bed.caller.calls(),
            start.elapsed()
        );
        assert!(refused > 100, "{refused}");
        assert!(!halted.is_finished(), "all that was before anybody read: {:?}", start.elapsed());

        let waited = waiting.len() as u64;
        for outcome in futures::future::join_all(waiting).await {
            assert_eq!(outcome, Ok(SACK));
        }
        assert_eq!(bed.mill.ground(), 1 + waited);
        bed.idle().await;
    })
    .await;
}
