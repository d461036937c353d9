//! Calls of slots that arrive start after their hook, and no others wait.

use std::collections::BTreeSet;
use std::time::Duration;

use shard_runtime::testing::Cluster;
use shard_runtime::{CallError, NotStarted};
use tokio::time::{Instant, sleep};

use crate::depot::{Depot, Depots, Seen, within};

#[tokio::test(start_paused = true)]
async fn the_hook_is_awaited_before_the_first_keyed_call() {
    let mut depots = Depots::start(3).await;
    let (to_zero, to_one, ones) = (depots.key(2, 0), depots.key(2, 1), depots.key(1, 1));
    depots.observe(2_000);
    depots.kill(2).await;

    let moved = Instant::now();
    let (first, second) = (depots.keyed(0, to_zero), depots.keyed(0, to_zero));
    let (third, fourth) = (depots.keyed(0, to_one), depots.keyed(0, to_one));
    let other = async {
        // Slots that were its own before are as quick as ever, and so is what has no slot.
        for id in 10..20 {
            depots.keyed(0, ones).put(id).await.unwrap();
        }
        depots.cluster.node(1).module::<Depot>().local_shard().unwrap().put(20).await.unwrap();
        assert!(moved.elapsed() < Duration::from_millis(100), "{:?}", moved.elapsed());
    };
    let calls = tokio::join!(first.put(1), second.press(2), third.put(3), fourth.press(4), other);
    assert_eq!((calls.0, calls.1, calls.2, calls.3), (Ok(()), Ok(()), Ok(()), Ok(())));

    for (depot, ids) in [(0, [1, 2]), (1, [3, 4])] {
        let depot = &depots.depots[depot];
        let arrived = {
            let seen = depot.seen();
            let told = seen
                .iter()
                .skip_while(|seen| !matches!(seen, Seen::Arriving(_, Some(from)) if from == "node-2"));
            let arrived = told.into_iter().find_map(|seen| match seen {
                Seen::Arrived(when) => Some(*when),
                _ => None,
            });
            arrived.unwrap()
        };
        assert!(arrived >= moved + Duration::from_millis(1_900));
        for id in ids {
            let ran = depot.ran(id).unwrap();
            assert!(ran >= arrived, "call {id} ran before the hook was done");
            assert!(ran <= arrived + Duration::from_millis(20), "call {id} waited on: {:?}", ran - arrived);
        }
    }
    depots.agree();

    // Once they have arrived nothing waits any more.
    let begun = Instant::now();
    depots.keyed(0, to_one).put(30).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn whoever_had_them_is_told_and_each_owner_once() {
    let mut depots = Depots::start(4).await;
    depots.observe(0);
    depots.kill(3).await;
    sleep(Duration::from_millis(50)).await;
    let mut all = BTreeSet::new();
    for depot in &depots.depots[..3] {
        let mut from = Vec::new();
        for seen in depot.seen().iter() {
            if let Seen::Arriving(slots, owner) = seen {
                from.push(owner.clone().unwrap());
                if owner.as_deref() == Some("node-3") {
                    all.extend(slots.iter().copied());
                }
            }
        }
        assert_eq!(from.iter().collect::<BTreeSet<_>>().len(), from.len(), "{from:?}");
        assert!(from.contains(&"node-3".to_owned()));
    }
    assert_eq!(all.len(), 1_024, "a quarter of the slots was the dead one's");
}

#[tokio::test(start_paused = true)]
async fn a_nodes_first_slots_come_from_nobody_and_are_awaited_too() {
    let depot = std::sync::Arc::new(Depot::default());
    depot.takes.store(700, std::sync::atomic::Ordering::SeqCst);
    let begun = Instant::now();
    let given = std::sync::Arc::clone(&depot);
    let cluster = Cluster::builder().node(|node| node.shared_module(given)).start().await.unwrap();
    let shard = cluster.node(0).module::<Depot>().keyed_shard("a").unwrap();
    shard.put(1).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(700));
    let seen = depot.seen().clone();
    assert_eq!(seen[0], Seen::Arriving((0..4_096).collect(), None));
    assert!(matches!(seen[1..], [Seen::Arrived(_), Seen::Ran(1, _)]), "{:?}", &seen[1..]);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_deadline_comes_first_has_not_started() {
    let mut depots = Depots::start(3).await;
    let keys = [depots.key(2, 0), depots.key(2, 1)];
    depots.observe(3_000);
    depots.kill(2).await;
    for (id, key) in keys.into_iter().enumerate() {
        let begun = Instant::now();
        let error = depots.keyed(0, key).put_in(&within(400), id as u64).await.unwrap_err();
        assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Expired, .. }), "{error:?}");
        let waited = begun.elapsed();
        assert!((Duration::from_millis(350)..=Duration::from_millis(420)).contains(&waited), "{waited:?}");
    }
    sleep(Duration::from_secs(5)).await;
    assert!((0..2).all(|id| depots.depots.iter().all(|depot| depot.ran(id).is_none())));
    assert_eq!(depots.cluster.node(0).running() + depots.cluster.node(1).running(), 0);
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_count_as_running_and_256_may() {
    let mut depots = Depots::start(2).await;
    let key = depots.key(1, 0);
    depots.observe(3_000);
    depots.kill(1).await;
    let shard = depots.keyed(0, key);
    let mut calls: Vec<_> = (0..256).map(|id| Box::pin(shard.put(id))).collect();
    for call in &mut calls {
        assert!(futures::poll!(call).is_pending());
    }
    let counts = depots.cluster.node(0).calls();
    assert_eq!((counts.running, counts.to_start), (256, 256));
    let begun = Instant::now();
    let error = shard.put(10_000).await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { reason: NotStarted::Overloaded, .. }), "{error}");
    assert!(begun.elapsed() <= Duration::from_millis(10), "{:?}", begun.elapsed());
    // Whoever stops waiting makes room.
    drop(calls);
    assert_eq!(depots.cluster.node(0).calls().to_start, 0);
    assert_eq!(depots.cluster.node(0).running(), 0);
    shard.put(10_001).await.unwrap();
    assert!(depots.depots[0].ran(0).is_none());
}

#[tokio::test(start_paused = true)]
async fn slots_that_leave_again_take_their_calls_with_them() {
    // The hook is told of one node's slots after the other's: first those that move for the balance. So the dead
    // node's wait to be told at first, and are being told after that.
    for (begins, told) in [(0, false), (4_500, true)] {
        let mut depots = Depots::start(3).await;
        let (to_zero, to_one) = (depots.key(2, 0), depots.key(2, 1));
        depots.observe(4_000);
        depots.kill(2).await;
        sleep(Duration::from_millis(begins)).await;
        let begun = Instant::now();
        let (here, there) = (depots.keyed(0, to_zero), depots.keyed(0, to_one));
        let calls = tokio::spawn(async move { tokio::join!(here.put(1), there.put(2)) });
        sleep(Duration::from_millis(100)).await;
        depots.restart(2).await;
        assert_eq!(calls.await.unwrap(), (Ok(()), Ok(())));
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(3), "they did not wait for the hook: {waited:?}");
        assert!((1..=2).all(|id| depots.depots[2].ran(id).is_some()), "{:?}", depots.depots[2].seen());
        assert!((1..=2).all(|id| depots.depots[0].ran(id).is_none() && depots.depots[1].ran(id).is_none()));
        sleep(Duration::from_secs(30)).await;
        depots.agree();
        // What was told to arrive is told to leave, when the hook has ended; what was not, is not.
        for depot in &depots.depots[..2] {
            let is_told = |seen: &Seen| matches!(seen, Seen::Leaving(_, Some(to), _) if to == "node-2");
            assert_eq!(depot.seen().iter().any(is_told), told, "{begins}");
        }
    }
}
