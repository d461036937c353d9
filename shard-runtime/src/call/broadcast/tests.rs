//! What is asked of whom, with nodes that are not there: so many of them cost nothing.

use core::future::IntoFuture as _;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;

use futures::{FutureExt as _, Stream as _, StreamExt as _};
use tokio::time::{Instant, sleep};

use super::answers::FAN_OUT;
use super::ask::{Ask, Asked};
use super::budget::Budget;
use super::call::{BroadcastCall, Targets};
use super::link::Entered;
use crate::call::CallError;
use crate::membership::{Boot, NodeName};
use crate::state::State;
use crate::wire::NotStarted;

/// Nodes that answer their number after as many milliseconds; odd ones refuse, if they are told to.
#[derive(Default)]
struct Nodes {
    odd_refuse: bool,
    asked: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

struct Running(Arc<Nodes>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ask<u64, String> for Nodes {
    fn ask(self: Arc<Self>, (_, boot): (NodeName, Boot), state: State, _: Arc<Budget>) -> Asked<u64, String> {
        async move {
            if state.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(NotStarted::Expired.into());
            }
            self.asked.fetch_add(1, Ordering::SeqCst);
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            let running = Running(self);
            sleep(Duration::from_millis(boot.get())).await;
            if running.0.odd_refuse && boot.get() % 2 == 1 {
                return Err(NotStarted::Overloaded.into());
            }
            Ok(Ok(boot.get()))
        }
        .boxed()
    }
}

impl Nodes {
    fn call(self: &Arc<Self>, count: u64) -> BroadcastCall<u64, String> {
        let boots = (0..count).map(|boot| (name(boot), Boot::new(boot))).collect();
        let targets = Targets { boots, view: Arc::default(), here: Boot::new(3) };
        let entered = Entered { state: State::new(), outer: None, timeout: Duration::from_secs(5) };
        BroadcastCall::new(
            ("Arena", "number"),
            Arc::clone(self) as Arc<dyn Ask<u64, String>>,
            targets,
            &entered,
        )
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

fn name(number: u64) -> NodeName {
    format!("node-{number:03}").parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn so_many_are_called_at_the_same_time_and_each_once() {
    let nodes = Arc::new(Nodes::default());
    let replies = nodes.call(200).await;
    assert_eq!(replies.values.len(), 200);
    assert!(replies.values.iter().all(|(node, number)| *node == name(*number)));
    assert_eq!((nodes.asked(), nodes.most.load(Ordering::SeqCst)), (200, FAN_OUT));
    assert_eq!(nodes.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_is_still_to_be_called_when_the_time_is_over_is_not() {
    let nodes = Arc::new(Nodes::default());
    let replies = nodes.call(200).timeout(Duration::from_millis(1)).await;
    let called = nodes.asked();
    // Nobody but the fake ones' own clocks ends what runs here, so all that were called answer.
    assert_eq!((replies.values.len(), replies.errors.len()), (called, 200 - called));
    assert!((FAN_OUT..FAN_OUT + 3).contains(&called), "{called}");
    assert!(replies.errors.values().all(CallError::is_not_started));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_called_for_nothing() {
    let nodes = Arc::new(Nodes::default());
    assert!(nodes.call(5).quorum(0).await.unwrap().is_empty());
    assert_eq!(nodes.call(5).first(0).await.unanswered().count(), 5);
    assert_eq!(nodes.call(5).quorum(6).await.unwrap_err().replies.unanswered().count(), 5);
    drop(nodes.call(5).stream());
    drop(nodes.call(5).into_future());
    assert!(nodes.call(0).all().await.unwrap().is_empty());
    assert_eq!(nodes.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn with_enough_values_the_rest_is_dropped_or_never_called() {
    let nodes = Arc::new(Nodes::default());
    assert_eq!(nodes.call(200).quorum(3).await.unwrap().len(), 3);
    // The third answer lets no other node take its turn.
    assert_eq!((nodes.asked(), nodes.running()), (FAN_OUT + 2, 0));
}

#[tokio::test(start_paused = true)]
async fn errors_that_came_meanwhile_are_told() {
    let nodes = Arc::new(Nodes { odd_refuse: true, ..Nodes::default() });
    let replies = nodes.call(9).first(3).await;
    assert_eq!(replies.values.into_keys().collect::<Vec<_>>(), [name(0), name(2), name(4)]);
    assert_eq!(replies.errors.into_keys().collect::<Vec<_>>(), [name(1), name(3)]);
    let fewer = nodes.call(9).first(7).await;
    assert_eq!((fewer.values.len(), fewer.errors.len()), (5, 4));
}

#[tokio::test(start_paused = true)]
async fn a_quorum_fails_with_the_error_that_makes_it_impossible() {
    let nodes = Arc::new(Nodes { odd_refuse: true, ..Nodes::default() });
    let start = Instant::now();
    let error = nodes.call(9).quorum(8).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_millis(3), "the second refusal is that of node 3");
    assert_eq!(error.replies.errors.into_keys().collect::<Vec<_>>(), [name(1), name(3)]);
    assert_eq!(nodes.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_knows_how_many_are_left() {
    let nodes = Arc::new(Nodes::default());
    let mut answers = nodes.call(70).stream();
    for number in 0..70 {
        assert_eq!(answers.size_hint(), (70 - number, Some(70 - number)));
        let (node, answer) = answers.next().await.unwrap();
        assert_eq!(node, name(answer.unwrap()));
    }
    assert!(answers.next().await.is_none() && answers.next().await.is_none());
    assert_eq!(answers.nodes().len(), 70);
}

#[test]
fn broadcasts_can_be_sent_to_other_threads() {
    fn check<T: Send>(_: &T) {}
    let nodes = Arc::new(Nodes::default());
    let (call, stream) = (nodes.call(1), nodes.call(1).stream());
    check(&call);
    check(&stream);
    check(&call.quorum(1));
    check(&nodes.call(1).all());
    check(&nodes.call(1).first(1));
    assert_eq!(format!("{stream:?}"), r#"Answers { nodes: {"node-000"}, left: 1, .. }"#);
    assert_eq!(
        format!("{:?}", nodes.call(1)),
        r#"BroadcastCall { method: "number", nodes: ["node-000"], timeout: 5s, .. }"#
    );
}
