//! A task that ends before its time when it is told to.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

pin_project! {
    /// A future that is given up when a token is cancelled, and never begins if that has happened before.
    ///
    /// [`CancellationToken::run_until_cancelled`] does the same, and its future holds what it is given twice: once as
    /// the argument and once where that runs. A node has a few tasks for each of its links, so this counts.
    pub(super) struct Until<F> {
        #[pin]
        future: F,
        #[pin]
        cancelled: WaitForCancellationFutureOwned,
        begun: bool,
    }
}

impl<F: Future<Output = ()>> Until<F> {
    pub(super) fn new(cancelled: &CancellationToken, future: F) -> Self {
        Self { future, cancelled: cancelled.clone().cancelled_owned(), begun: false }
    }
}

impl<F: Future<Output = ()>> Future for Until<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if !core::mem::replace(this.begun, true) && this.cancelled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        // First, so that what is about to end does.
        match this.future.poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => this.cancelled.poll(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::future::{pending, ready};

    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn ends_by_itself_or_when_it_is_told_to_and_does_not_begin_afterwards() {
        let token = CancellationToken::new();
        assert_eq!(Until::new(&token, ready(())).now_or_never(), Some(()));
        let mut waits = Box::pin(Until::new(&token, pending()));
        assert_eq!(waits.as_mut().now_or_never(), None);
        token.cancel();
        assert_eq!(waits.as_mut().now_or_never(), Some(()));
        let begun = Cell::new(false);
        let late = Until::new(&token, async { begun.set(true) });
        assert_eq!((late.now_or_never(), begun.get()), (Some(()), false));
    }

    #[test]
    fn what_it_holds_it_holds_once() {
        let held = [0_u8; 4096];
        let future = async move {
            pending::<()>().await;
            core::hint::black_box(held);
        };
        let (alone, token) = (size_of_val(&future), CancellationToken::new());
        assert!(size_of_val(&Until::new(&token, future)) < alone + 128);
    }
}
