//! Two nodes dial each other at once.

use std::time::Duration;

use shard_runtime::Node;
use tokio::time::{Instant, sleep};

use crate::fixture::{Arena, Bed, Relay, free_port, patient, tcp_builder, until};

#[tokio::test]
async fn one_link_is_left_after_2_s_and_no_call_is_lost_meanwhile() {
    patient(async {
        for round in 0..5_u64 {
            let targets = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
            let relays = [Relay::to(targets[0].clone()).await, Relay::to(targets[1].clone()).await];
            let arenas = [Arena::new("one"), Arena::new("two")];
            let start = async |name: &str, own: usize| {
                let node = tcp_builder(name, [relays[1 - own].address()])
                    .listen(targets[own].clone())
                    .advertise(relays[own].address())
                    .shared_module(arenas[own].clone());
                node.start().await.unwrap()
            };
            let (one, two) = tokio::join!(start("one", 0), start("two", 1));
            let began = Instant::now();
            let calls = |from: &Node, to: &Node, base: u64| {
                let (from, to) = (from.clone(), to.clone());
                async move {
                    let local = to.module::<Arena>().local_shard().unwrap();
                    let shard = from.module::<Arena>().get_shard(&local).unwrap();
                    let mut done = Vec::new();
                    for id in base.. {
                        if began.elapsed() > Duration::from_millis(1_500) {
                            break;
                        }
                        match if id % 2 == 0 { shard.mark(id).await } else { shard.mark_later(id).await } {
                            Ok(_) => done.push(id),
                            // Only while there is no link at all yet.
                            Err(error) => {
                                assert!(error.is_not_started() && done.is_empty(), "{id}: {error:?}")
                            }
                        }
                        sleep(Duration::from_micros(500)).await;
                    }
                    done
                }
            };
            let (there, back) = tokio::join!(calls(&one, &two, 0), calls(&two, &one, 1_000_000));
            assert!(!there.is_empty() && !back.is_empty());
            assert_eq!(arenas[1].worked(), there, "each that succeeded ran once, in order");
            assert_eq!(arenas[0].worked(), back);
            let links = || relays[0].open() + relays[1].open();
            let left = Duration::from_secs(2).saturating_sub(began.elapsed());
            until(left, "one link", || links() == 1).await;
            println!("round {round}: {} and {} calls", there.len(), back.len());
            assert_eq!((one.members().len(), two.members().len()), (2, 2));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn many_who_all_dial_each_other_settle_without_losing_a_call() {
    patient(async {
        let bed = Bed::of(6).await;
        // The cluster has only just settled: spare links are still being finished with.
        let mut id = 0;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(2) {
            for from in 0..6 {
                for to in 0..6 {
                    assert_eq!(bed.shard(from, to).mark(id).await.unwrap(), id);
                    id += 1;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
        let mut worked: Vec<_> = bed.arenas.iter().flat_map(|arena| arena.worked()).collect();
        worked.sort_unstable();
        assert_eq!(worked, (0..id).collect::<Vec<_>>());
    })
    .await;
}
