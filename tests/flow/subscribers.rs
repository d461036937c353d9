//! One of several subscribers stops reading.

use std::time::Duration;

use futures::future::join_all;
use shard_runtime::{CallError, Shard as _, Unknown};
use tokio::time::{Instant, sleep, timeout};

use crate::fleet::Fleet;
use crate::patience::{patient, within};

#[tokio::test]
async fn one_that_stops_for_too_long_is_ended_and_the_others_go_on() {
    patient(async {
        let fleet = Fleet::of(1).await;
        let source = &fleet.members[0];
        // More than the whole credit within the time that a reader has.
        let shard = source.works.timeout(Duration::from_millis(400));
        let mut stopped = shard.ticks(1, 8_000).await.unwrap();
        let mut others = join_all((0..3).map(|_| shard.ticks(1, 8_000))).await;
        assert_eq!(source.health().await.open, 4);
        let start = Instant::now();
        let reading = join_all(others.iter_mut().map(|incoming| async {
            let incoming = incoming.as_mut().unwrap();
            let (mut next, mut longest) = (0, Duration::ZERO);
            while start.elapsed() < Duration::from_secs(3) {
                let before = Instant::now();
                assert_eq!(incoming.next().await.unwrap().unwrap().0, next);
                (next, longest) = (next + 1, longest.max(before.elapsed()));
            }
            (next, longest)
        }));
        let ending = async {
            while source.health().await.open == 4 {
                sleep(Duration::from_millis(5)).await;
            }
            start.elapsed()
        };
        let (read, ended) = tokio::join!(reading, within(Duration::from_secs(3), "its end", ending));
        println!("it is dropped after {ended:?}; the others have read so many, and waited so long at most: {read:?}");
        assert!(ended >= Duration::from_millis(400), "it had so much time");
        assert!(read.iter().all(|(count, _)| *count > 100), "{read:?}");
        assert_eq!(source.health().await.open, 3);
        // What had come before it stopped, and one end.
        let mut next = 0;
        let error = loop {
            match stopped.next().await.expect("an error comes before the end") {
                Ok((n, _)) => {
                    assert_eq!(n, next);
                    next += 1;
                }
                Err(error) => break error,
            }
        };
        assert!(matches!(error, CallError::Unknown { reason: Unknown::SlowReader, .. }), "{error:?}");
        assert!(timeout(Duration::from_millis(10), stopped.next()).await.unwrap().is_none());
        drop(others);
        fleet.idle().await;
    })
    .await;
}
