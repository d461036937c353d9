//! Work on large messages, done where nobody waits behind it.
//!
//! To encode or decode 16 MiB takes milliseconds. A worker that does so in the middle of a task keeps what it has woken
//! last from everybody, since no other worker takes that over, and with it perhaps the link of all the small calls.

use std::panic::resume_unwind;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// From how many encoded bytes on a message is large. Below that the work costs less than its way to another thread.
pub(crate) const LARGE: usize = 256 * 1024;

/// Does it in a task of its own, on a thread that has nothing else to do meanwhile.
///
/// Where there is one thread for everything, or no runtime at all, it is done at once.
///
/// # Panics
///
/// When `work` does.
pub(crate) async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // Not in the task of whoever asks: in a `LocalSet` no thread can be had, and that is a panic.
    let Some(runtime) = with_threads() else { return work() };
    match runtime.spawn(async { block_in_place(work) }).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime shuts down, and whoever asked is dropped with it.
            Err(_) => core::future::pending().await,
        },
    }
}

/// Does it here, while another thread takes over what this one has to do beside it. For tasks that were spawned on the
/// runtime, and for these only.
///
/// # Panics
///
/// When `work` does; in a `LocalSet`.
pub(crate) fn keeping_others_going<T>(work: impl FnOnce() -> T) -> T {
    if with_threads().is_some() { block_in_place(work) } else { work() }
}

fn with_threads() -> Option<Handle> {
    Handle::try_current().ok().filter(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}

#[cfg(test)]
mod tests {
    use std::thread::{self, sleep};
    use std::time::Duration;

    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_only_worker_is_free_meanwhile() {
        let (tell, told) = std::sync::mpsc::channel();
        let other = tokio::spawn(async move { tell.send(()) });
        let waits = tokio::spawn(elsewhere(move || told.recv_timeout(Duration::from_secs(10))));
        assert_eq!(waits.await.unwrap(), Ok(()));
        other.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn where_there_is_one_thread_it_is_done_at_once() {
        let here = thread::current().id();
        assert_eq!(elsewhere(move || thread::current().id()).now_or_never(), Some(here));
    }

    #[test]
    fn without_a_runtime_it_is_done_at_once() {
        assert_eq!(elsewhere(|| 7).now_or_never(), Some(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn its_panic_is_the_callers() {
        let panicked = tokio::spawn(elsewhere(|| panic!("as it was"))).await.unwrap_err();
        assert_eq!(*panicked.into_panic().downcast::<&str>().unwrap(), "as it was");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_local_set_may_ask_for_it() {
        let local = tokio::task::LocalSet::new();
        assert_eq!(local.run_until(elsewhere(|| 7)).await, 7);
    }

    /// Whoever waits may go, and what it asked for ends all the same.
    #[tokio::test(flavor = "multi_thread")]
    async fn it_ends_without_whoever_waits() {
        let (tell, told) = oneshot::channel();
        let mut asked = Box::pin(elsewhere(move || {
            sleep(Duration::from_millis(10));
            tell.send(())
        }));
        assert!(asked.as_mut().now_or_never().is_none());
        drop(asked);
        told.await.unwrap();
    }
}
