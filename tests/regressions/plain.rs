//! What a review of the short ways of a call found: methods that run where they were read, writes by whoever is alone,
//! futures without a timer.

use std::panic::panic_any;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use futures::future::join_all;
use serde::{Deserialize, Serialize, Serializer};
use shard_runtime::testing::{Cluster, Fake};
use shard_runtime::{CallError, Node, Secret, Shard as _, sharded_module};
use tokio::time::{sleep, timeout};

#[derive(Default)]
struct Lab {
    runs: AtomicU32,
}

#[sharded_module]
impl Lab {
    fn get(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }

    #[oneway]
    async fn note(&self) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }

    fn take(&self, _slow: Slow) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }

    fn bomb(&self) {
        panic_any(Bomb);
    }

    async fn wait(&self, millis: u64) -> u64 {
        sleep(Duration::from_millis(millis)).await;
        millis
    }
}

/// Takes its time to be written.
#[derive(Deserialize)]
struct Slow(u64);

impl Serialize for Slow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        thread::sleep(Duration::from_millis(self.0));
        serializer.serialize_newtype_struct("Slow", &self.0)
    }
}

/// Throws again as it goes.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(thread::panicking(), "again");
    }
}

/// Runs a future where there is no runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(ended) => return ended,
            Poll::Pending => thread::park(),
        }
    }
}

/// Two nodes over TCP, and the module of the second.
async fn pair() -> (Node, Node, Arc<Lab>) {
    let lab = Arc::new(Lab::default());
    let node = |name: &str| {
        Node::builder("plain").name(name).listen("127.0.0.1:0").secret(Secret::new([7; 32]).unwrap())
    };
    let far = node("far").shared_module(Arc::clone(&lab)).start().await.unwrap();
    let near = node("near").client_of::<Lab>().peers([far.address()]).start().await.unwrap();
    near.ready().await.unwrap();
    (near, far, lab)
}

fn shard_at(near: &Node, far: &Node) -> LabShard {
    near.module::<Lab>().get_shard(&far.module::<Lab>().local_shard().unwrap().token().mint()).unwrap()
}

#[test]
fn a_fake_needs_no_runtime() {
    let fake = Fake::<Lab>::new().on("get", |_, ()| 5_u32);
    assert_eq!(block_on(fake.shard("x").get()).unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_way_call_from_a_thread_of_the_programs_own_runs() {
    let (_near, far, lab) = pair().await;
    let shard = far.module::<Lab>().local_shard().unwrap();
    thread::spawn(move || block_on(shard.note())).join().unwrap().unwrap();
    let ran = async {
        while lab.runs.load(Ordering::SeqCst) == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), ran).await.expect("it runs");
    assert_eq!(far.calls().one_way_failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_time_has_passed_while_it_was_written_does_not_run() {
    let (near, far, lab) = pair().await;
    let shard = shard_at(&near, &far).timeout(Duration::from_millis(300));
    shard.take(Slow(500)).await.unwrap_err();
    // What comes behind it has come after it.
    let shard = shard_at(&near, &far);
    assert_eq!(shard.get().await.unwrap(), 0);
    shard.take(Slow(10)).await.unwrap();
    assert_eq!(lab.runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_panic_throws_may_throw_again_and_ends_no_other_call() {
    let (near, far, _lab) = pair().await;
    let shard = shard_at(&near, &far);
    let beside = {
        let shard = shard.clone();
        tokio::spawn(async move { shard.wait(300).await })
    };
    for _ in 0..3 {
        let error = shard.bomb().await.unwrap_err();
        assert!(matches!(error, CallError::Panicked { .. }), "{error:?}");
    }
    assert_eq!(beside.await.unwrap().unwrap(), 300);
}

#[tokio::test]
async fn more_one_way_calls_than_there_are_places_all_leave_soon() {
    let cluster = Cluster::of(2, |node| node.module(Lab::default())).await.unwrap();
    let token = cluster.node(1).module::<Lab>().local_shard().unwrap().token().mint();
    let shard = cluster.node(0).module::<Lab>().get_shard(&token).unwrap();
    let calls = (0..4_000).map(|_| {
        let shard = shard.clone();
        tokio::spawn(async move { shard.note().await })
    });
    let ended = timeout(Duration::from_secs(4), join_all(calls)).await.expect("nobody waits in vain");
    assert_eq!(ended.into_iter().filter(|ended| !matches!(ended, Ok(Ok(())))).count(), 0);
}
