//! Work on large messages, done where nobody waits behind it.
//!
//! To encode or decode 16 MiB takes milliseconds. A worker that does so in the middle of a task keeps what it has woken
//! last from everybody, since no other worker takes that over, and with it perhaps the link of all the small calls.

use std::panic::resume_unwind;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;
use tokio::task::block_in_place;

/// From how many encoded bytes on a message is large. Below that the work costs less than its way to another thread.
pub(crate) const LARGE: usize = 256 * 1024;

/// More at a time would only take memory, and threads.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Does it in a task of its own, on a thread that has nothing else to do meanwhile, when there is one for it. `None`: the
/// runtime shuts down.
///
/// Where there is one thread for everything, or no runtime at all, it is done at once.
///
/// # Panics
///
/// When `work` does.
pub(crate) async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = Arc::new(Mutex::new(None));
    let put = Arc::clone(&done);
    // In a box: a task for each kind of work would be compiled for each method of each module.
    run(Box::new(move || *put.lock().unwrap_or_else(PoisonError::into_inner) = Some(work()))).await?;
    done.lock().unwrap_or_else(PoisonError::into_inner).take()
}

async fn run(work: Box<dyn FnOnce() + Send>) -> Option<()> {
    // Not in the task of whoever asks: in a `LocalSet` no thread can be had, and that is a panic.
    let Some(runtime) = with_threads() else {
        work();
        return Some(());
    };
    let place = PLACES.acquire().await.ok()?;
    let work = runtime.spawn(async move {
        let _place = place;
        block_in_place(work);
    });
    match work.await {
        Ok(()) => Some(()),
        Err(failed) => failed.try_into_panic().map_or(None, |panic| resume_unwind(panic)),
    }
}

/// Does it here, while another thread takes over what this one has to do beside it. For tasks that were spawned on the
/// runtime, and for these only.
///
/// # Panics
///
/// When `work` does; in a `LocalSet`.
fn keeping_others_going<T>(work: impl FnOnce() -> T) -> T {
    if with_threads().is_some() { block_in_place(work) } else { work() }
}

/// Reads the arguments of a call: such as are large without keeping others, where that may be done.
pub(super) fn reading<T>(args: &[u8], own_task: bool, read: impl FnOnce() -> T) -> T {
    if own_task && args.len() > LARGE { keeping_others_going(read) } else { read() }
}

fn with_threads() -> Option<Handle> {
    Handle::try_current().ok().filter(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_only_worker_is_free_meanwhile() {
        let waits = tokio::spawn(elsewhere(|| {
            let (tell, told) = mpsc::channel();
            drop(Handle::current().spawn(async move { tell.send(()) }));
            told.recv_timeout(Duration::from_secs(10))
        }));
        assert_eq!(waits.await.unwrap(), Some(Ok(())));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_more_is_done_at_a_time_than_there_are_processors() {
        static AT_WORK: AtomicUsize = AtomicUsize::new(0);
        let many = (0..100).map(|_| {
            tokio::spawn(elsewhere(|| {
                let before = AT_WORK.fetch_add(1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(2));
                AT_WORK.fetch_sub(1, Ordering::SeqCst);
                before + 1
            }))
        });
        let most = available_parallelism().map_or(1, usize::from);
        for at_a_time in futures::future::join_all(many).await {
            assert!((1..=most).contains(&at_a_time.unwrap().unwrap()));
        }
    }

    /// Whoever waits in a thread of another kind is not dropped with the runtime.
    #[test]
    fn whoever_waits_as_the_runtime_shuts_down_is_told() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let handle = runtime.handle().clone();
        runtime.shutdown_background();
        assert_eq!(handle.block_on(elsewhere(|| 7)), None);
    }

    #[tokio::test]
    async fn where_there_is_one_thread_it_is_done_at_once() {
        let here = thread::current().id();
        assert_eq!(elsewhere(move || thread::current().id()).now_or_never(), Some(Some(here)));
    }

    #[test]
    fn without_a_runtime_it_is_done_at_once() {
        assert_eq!(elsewhere(|| 7).now_or_never(), Some(Some(7)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_panic_is_the_callers() {
        let panicked = tokio::spawn(elsewhere(|| panic!("as it was"))).await.unwrap_err();
        assert_eq!(*panicked.into_panic().downcast::<&str>().unwrap(), "as it was");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_local_set_may_ask_for_it() {
        let local = tokio::task::LocalSet::new();
        assert_eq!(local.run_until(elsewhere(|| 7)).await, Some(7));
    }

    /// Whoever waits may go, and what it asked for ends all the same.
    #[tokio::test(flavor = "multi_thread")]
    async fn it_ends_without_whoever_waits() {
        let ((go, gone), (tell, told)) = (mpsc::channel(), oneshot::channel());
        let mut asked = Box::pin(elsewhere(move || {
            gone.recv().unwrap();
            tell.send(())
        }));
        while PLACES.available_permits() == available_parallelism().map_or(1, usize::from) {
            assert!(asked.as_mut().now_or_never().is_none());
        }
        drop(asked);
        go.send(()).unwrap();
        told.await.unwrap();
    }
}
