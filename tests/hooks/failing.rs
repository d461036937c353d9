//! A hook that fails is called again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::depot::{Depots, Seen};

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_is_tried_again_after_a_second() {
    let mut depots = Depots::start(3).await;
    let key = depots.key(2, 1);
    depots.observe(0);
    // An error, a panic, and then it works.
    depots.depots[1].fails.store(2, Ordering::SeqCst);
    depots.kill(2).await;
    let moved = Instant::now();
    depots.keyed(0, key).put(1).await.unwrap();
    // The node may have noticed a moment before the others.
    let waited = moved.elapsed();
    assert!((Duration::from_millis(1_500)..Duration::from_millis(2_100)).contains(&waited), "{waited:?}");
    let seen = depots.depots[1].seen().clone();
    // All slots from one node, three times, and then those from the next.
    let told: Vec<_> = seen.iter().filter(|seen| matches!(seen, Seen::Arriving(..))).take(3).collect();
    assert_eq!((told[0], told[1]), (told[1], told[2]));
    assert!(matches!(seen.last(), Some(Seen::Ran(1, _))));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_is_left_alone_when_its_slots_are_gone() {
    let mut depots = Depots::start(3).await;
    let key = depots.key(2, 1);
    depots.observe(0);
    depots.depots[1].fails.store(usize::MAX, Ordering::SeqCst);
    depots.kill(2).await;
    let shard = depots.keyed(0, key);
    let call = tokio::spawn(async move { shard.put(1).await });
    sleep(Duration::from_millis(2_500)).await;
    assert!(!call.is_finished());
    depots.restart(2).await;
    assert_eq!(call.await.unwrap(), Ok(()));
    assert!(depots.depots[2].ran(1).is_some());
    sleep(Duration::from_millis(100)).await;
    let tries = depots.depots[1].seen().len();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(depots.depots[1].seen().len(), tries, "nothing is tried any more");
}
