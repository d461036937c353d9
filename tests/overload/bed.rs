//! A node with few threads, and one that calls it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use shard_runtime::{MemberState, Node, NodeBuilder, Shard, sharded_module};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::patience::until;

/// Threads of the callee for blocking methods.
pub(crate) const THREADS: usize = 4;

/// How long a grain takes.
pub(crate) const GRAIN: Duration = Duration::from_millis(5);

#[derive(Default)]
pub(crate) struct Mill {
    /// How many grains were ground.
    ground: AtomicU64,
    held: AtomicU64,
    /// The ids of those that have one.
    ids: Mutex<BTreeSet<u64>>,
}

#[sharded_module]
impl Mill {
    #[blocking]
    #[idempotent]
    pub(crate) fn grind(&self, id: u64) -> u64 {
        self.ground.fetch_add(1, Ordering::SeqCst);
        assert!(self.ids.lock().unwrap().insert(id), "grain {id} twice");
        std::thread::sleep(GRAIN);
        id
    }

    /// Takes a thread.
    #[blocking]
    pub(crate) fn hold(&self, millis: u64) {
        self.held.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(millis));
    }

    /// Takes none.
    pub(crate) fn answers(&self, id: u64) -> u64 {
        id
    }

    pub(crate) fn weighs(&self, sack: &[u8]) -> usize {
        self.ground.fetch_add(1, Ordering::SeqCst);
        sack.len()
    }

    /// Stops the only thread that reads from the callee's links.
    pub(crate) fn halts(&self, millis: u64) {
        self.held.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(millis));
    }
}

impl Mill {
    pub(crate) fn ground(&self) -> u64 {
        self.ground.load(Ordering::SeqCst)
    }

    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::SeqCst)
    }
}

/// The callee has a runtime of its own: one worker, and so many threads for what blocks.
pub(crate) struct Bed {
    pub(crate) caller: Node,
    pub(crate) callee: Node,
    pub(crate) mill: Arc<Mill>,
    /// The callee's runtime.
    pub(crate) there: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bed {
    pub(crate) async fn start() -> Self {
        let caller = node("caller").client_of::<Mill>().start().await.unwrap();
        let mill = Arc::new(Mill::default());
        let builder = node("callee").peers([caller.address()]).shared_module(Arc::clone(&mill));
        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime =
                runtime.worker_threads(1).max_blocking_threads(THREADS).enable_all().build().unwrap();
            runtime.block_on(async {
                let _ = tell.send((builder.start().await.unwrap(), Handle::current()));
                let _ = stopped.await;
            });
        });
        let (callee, handle) = told.await.unwrap();
        for node in [&caller, &callee] {
            let active = || node.members().iter().filter(|one| one.state == MemberState::Active).count();
            until(Duration::from_secs(10), "both see both", || active() == 2).await;
            node.ready().await.unwrap();
        }
        Self { caller, callee, mill, there: handle, stop: Some(stop), thread: Some(thread) }
    }

    /// The caller's way to the callee.
    pub(crate) fn shard(&self) -> <Mill as shard_runtime::ShardedModule>::Shard {
        let shard = self.caller.module::<Mill>().create_shard("mill").unwrap();
        assert_eq!(shard.boot(), Some(self.callee.boot()));
        shard
    }

    /// The callee's way to itself.
    pub(crate) fn inside(&self) -> <Mill as shard_runtime::ShardedModule>::Shard {
        self.callee.module::<Mill>().local_shard().unwrap()
    }

    /// Takes all threads of the callee for so long.
    pub(crate) async fn hold_all(&self, millis: u64) {
        let before = self.mill.held();
        for _ in 0..THREADS {
            let shard = self.shard();
            tokio::spawn(async move { shard.hold(millis).await });
        }
        let all = || self.mill.held() == before + THREADS as u64;
        until(Duration::from_secs(1), "all threads are taken", all).await;
    }

    /// I9.
    pub(crate) async fn idle(&self) {
        for node in [&self.caller, &self.callee] {
            let idle = || {
                let calls = node.calls();
                calls.running + calls.to_start + calls.waiting + calls.bytes_in + calls.bytes_out == 0
            };
            until(Duration::from_secs(5), "everything is back at nothing", idle).await;
        }
    }
}

fn node(name: &str) -> NodeBuilder {
    Node::builder("overload")
        .name(name)
        .listen("127.0.0.1:0")
        .secret_text("for the tests of nodes with too much to do, nothing else")
}

impl Drop for Bed {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
