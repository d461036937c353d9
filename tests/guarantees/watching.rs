//! `watch_members`: what there is, then what changes, and an end.

use futures::{FutureExt as _, StreamExt as _};
use shard_runtime::MemberState;
use tokio::time::{Instant, sleep, timeout};

use crate::ledger::{ms, nodes, restart};

#[tokio::test(start_paused = true)]
async fn the_present_view_comes_first_and_then_each_change() {
    let (mut cluster, ledger) = nodes(3).await;
    let node = cluster.node(0).clone();
    let mut views = node.watch_members();
    let first = views.next().now_or_never().expect("the present view is there at once").unwrap();
    assert_eq!((first.members().len(), first.digest()), (3, node.view().digest()));
    assert!(timeout(ms(20_000), views.next()).await.is_err(), "nothing changes, so nothing comes");

    let state = |view: &shard_runtime::View| view.get("node-2").map(|member| (member.boot, member.state));
    let old = state(&first).unwrap().0;
    cluster.kill(2);
    let killed = Instant::now();
    let view = views.next().await.unwrap();
    assert_eq!(state(&view), None);
    assert!(killed.elapsed() < ms(6_000));
    restart(&mut cluster, 2, &ledger).await;
    let mut states = Vec::new();
    while states.last() != Some(&MemberState::Active) {
        let view = timeout(ms(5_000), views.next()).await.unwrap().unwrap();
        let (boot, state) = state(&view).unwrap();
        assert_ne!(boot, old);
        states.push(state);
    }
    assert!(states.contains(&MemberState::Joining), "{states:?}");
    let leaver = cluster.node(2).clone();
    tokio::spawn(async move { leaver.shutdown().await });
    let view = timeout(ms(500), views.next()).await.unwrap().unwrap();
    assert_eq!(state(&view).unwrap().1, MemberState::Draining);
    let view = timeout(ms(2_000), views.next()).await.unwrap().unwrap();
    assert_eq!(state(&view), None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_misses_views_and_never_the_newest() {
    let (mut cluster, ledger) = nodes(3).await;
    let node = cluster.node(0).clone();
    let mut slow = node.watch_members();
    let first = slow.next().await.unwrap();
    let mut quick = node.watch_members();
    let count = tokio::spawn(async move {
        let mut count = 0;
        while quick.next().await.is_some() {
            count += 1;
        }
        count
    });
    for _ in 0..4 {
        cluster.kill(2);
        restart(&mut cluster, 2, &ledger).await;
        cluster.settled().await;
    }
    let newest = slow.next().now_or_never().expect("there is another one").unwrap();
    assert_eq!(newest.digest(), node.view().digest());
    assert_ne!(newest.digest(), first.digest());
    assert!(timeout(ms(10_000), slow.next()).await.is_err(), "nothing is kept for it");
    node.shutdown().await;
    // That it drained is the newest again.
    let rest: Vec<_> = timeout(ms(100), slow.collect()).await.expect("it ends when the node stops");
    assert!(rest.len() <= 1 && rest.iter().all(|view| view.digest() == node.view().digest()));
    let count = timeout(ms(100), count).await.unwrap().unwrap();
    assert!(count > 6, "whoever reads quickly sees more: {count}");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_learns_that_the_node_has_stopped() {
    let (mut cluster, _) = nodes(2).await;
    let mut waits = cluster.node(1).watch_members();
    waits.next().await.unwrap();
    let waits = tokio::spawn(async move { waits.next().await });
    sleep(ms(10)).await;
    // Dropped, without a shutdown.
    cluster.kill(1);
    assert!(timeout(ms(100), waits).await.expect("it ends").unwrap().is_none());
}
