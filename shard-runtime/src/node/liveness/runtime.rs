//! Where the tasks of liveness run.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::node::until::Until;
use crate::transport::Transport;

/// Where the tasks run that must go on whatever the program's own do: over sockets a thread with a runtime of its
/// own; with the network in memory, whose time may be a test's, the runtime that the node was started on.
pub(in crate::node) struct Liveness {
    runtime: Handle,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Cancelled when the thread has dropped its tasks; from the start where there is no thread.
    ended: CancellationToken,
    thread: Mutex<Option<JoinHandle<()>>>,
    _guard: DropGuard,
}

impl Liveness {
    /// Makes the place. It ends with `stop`, or when it is dropped. To be called on the node's runtime.
    ///
    /// # Errors
    ///
    /// When the system gives no thread, or nothing to wait for events with.
    pub(in crate::node) fn start(transport: &Transport, stop: &CancellationToken) -> io::Result<Self> {
        let (stop, ended) = (stop.child_token(), CancellationToken::new());
        let (runtime, thread) = if let Transport::Memory(_) = transport {
            ended.cancel();
            (Handle::current(), None)
        } else {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let handle = runtime.handle().clone();
            let (until, end) = (stop.clone(), ended.clone().drop_guard());
            let thread = thread::Builder::new().name("shard-liveness".to_owned()).spawn(move || {
                runtime.block_on(until.cancelled());
                // Look-ups of names may still block a thread of its pool; they are nobody's business now.
                runtime.shutdown_background();
                drop(end);
            })?;
            (handle, Some(thread))
        };
        let guard = stop.clone().drop_guard();
        Ok(Self {
            runtime,
            tasks: TaskTracker::new(),
            stop,
            ended,
            thread: Mutex::new(thread),
            _guard: guard,
        })
    }

    /// Spawns a task that is dropped when the node stops.
    pub(in crate::node) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_on(Until::new(&self.stop, task), &self.runtime);
    }

    /// Waits until a stopped place is empty and its thread has gone.
    pub(in crate::node) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.ended.cancelled().await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It has nothing left to do but to return.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::sync::Arc;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;
    use crate::transport::memory::MemoryNetwork;

    const LONG: Duration = Duration::from_secs(20);

    fn start(transport: &Transport) -> (Liveness, CancellationToken) {
        let stop = CancellationToken::new();
        (Liveness::start(transport, &stop).unwrap(), stop)
    }

    /// The name of the thread that a task runs on.
    async fn thread_of(liveness: &Liveness) -> Option<String> {
        let (tell, told) = oneshot::channel();
        liveness.spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let _ = tell.send(thread::current().name().map(str::to_owned));
        });
        timeout(LONG, told).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn over_tcp_tasks_run_on_a_thread_that_goes_with_the_node() {
        let (liveness, stop) = start(&Transport::Tcp);
        assert_eq!(thread_of(&liveness).await.as_deref(), Some("shard-liveness"));
        let held = Arc::new(());
        let task = Arc::clone(&held);
        liveness.spawn(async move {
            core::future::pending::<()>().await;
            drop(task);
        });
        stop.cancel();
        timeout(LONG, liveness.ended()).await.unwrap();
        assert_eq!(Arc::strong_count(&held), 1, "its task was dropped");
        assert!(liveness.thread.lock().unwrap().is_none());
    }

    #[tokio::test]
    async fn a_place_that_is_dropped_ends_its_thread() {
        let (liveness, _stop) = start(&Transport::Tcp);
        let ended = liveness.ended.clone();
        drop(liveness);
        timeout(LONG, ended.cancelled()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn in_memory_tasks_run_where_the_node_does() {
        let (liveness, stop) = start(&Transport::Memory(MemoryNetwork::new()));
        assert_eq!(thread_of(&liveness).await.as_deref(), thread::current().name());
        liveness.spawn(core::future::pending());
        stop.cancel();
        timeout(LONG, liveness.ended()).await.unwrap();
    }
}
