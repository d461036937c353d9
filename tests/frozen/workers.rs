//! The threads that run the program's tasks are blocked, and the process is not.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use shard_runtime::{MemberState, Node, Shard, State};
use tokio::sync::oneshot;

use crate::load::{call, verdict};
use crate::module::{Ledger, free_address, micros, node, until};

/// A node whose tasks all run on one thread, and one that calls it.
struct Bed {
    caller: Node,
    held: Node,
    ledger: Arc<Ledger>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bed {
    async fn start() -> Self {
        let addresses = [free_address(), free_address()];
        let ledger = Arc::new(Ledger::default());
        let builder = node("held", &addresses[0], &addresses).shared_module(Arc::clone(&ledger));
        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let _ = tell.send(builder.start().await.unwrap());
                let _ = stopped.await;
            });
        });
        let held: Node = told.await.unwrap();
        let caller =
            node("caller", &addresses[1], &addresses).module(Ledger::default()).start().await.unwrap();
        until(Duration::from_secs(30), "both see both", || {
            caller.members().len() == 2 && held.members().len() == 2
        })
        .await;
        caller.ready().await.unwrap();
        Self { caller, held, ledger, stop: Some(stop), thread: Some(thread) }
    }

    /// Blocks the thread for that long.
    fn hold(&self, millis: u64) -> u64 {
        let shard = self.held.module::<Ledger>().local_shard().unwrap();
        let shard = self.caller.module::<Ledger>().get_shard(&shard).unwrap();
        tokio::spawn(async move { shard.hold(millis).await });
        micros() + millis * 1_000
    }

    fn state(&self) -> MemberState {
        self.held.view().get("held").expect("it is in its own view").state
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_worker_keeps_the_boot_and_what_expired_meanwhile_does_not_run() {
    let bed = Bed::start().await;
    let boot = bed.held.boot();
    let shard = bed.held.module::<Ledger>().local_shard().unwrap();
    let shard = bed.caller.module::<Ledger>().get_shard(&shard).unwrap();
    // The link is silent from here on, and for less than it takes to be found dead.
    shard.runs(0).await.unwrap();
    let free = bed.hold(2_800);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let made = (1..=200).map(|id| call(shard.clone(), id, if id % 2 == 0 { 500 } else { 4_500 }));
    let calls = futures::future::join_all(made).await;
    assert!(calls.iter().all(|call| call.made < free));
    verdict(&calls, &bed.ledger.all());
    assert_eq!(bed.ledger.all().len(), 100, "those that had the time have run");
    assert_eq!((bed.held.boot(), Shard::boot(&shard)), (boot, Some(boot)));
    assert_eq!(bed.state(), MemberState::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_stand_still_for_ten_seconds_drain_the_node_until_they_run_again() {
    let bed = Bed::start().await;
    let boot = bed.held.boot();
    bed.hold(11_500);
    tokio::time::sleep(Duration::from_millis(9_500)).await;
    assert_eq!(bed.state(), MemberState::Active);
    until(Duration::from_millis(1_500), "drains", || bed.state() == MemberState::Draining).await;
    assert_eq!(bed.held.boot(), boot);
    until(Duration::from_secs(5), "comes back", || bed.held.boot() != boot).await;
    until(Duration::from_secs(1), "takes part", || bed.state() == MemberState::Active).await;
    until(Duration::from_secs(10), "both see both", || {
        bed.caller.view().get("held").is_some_and(|member| member.boot == bed.held.boot())
    })
    .await;
    let shard = bed.held.module::<Ledger>().local_shard().unwrap();
    let shard = bed.caller.module::<Ledger>().get_shard(&shard).unwrap();
    assert_eq!(shard.note(&State::new(), 7).await.unwrap(), 7);
}
