//! A method that has been started, in a box that was another's before.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use tokio_util::sync::ReusableBoxFuture;

use crate::wire::Answer;

/// A method that has been started: its future ends with the frame that answers the call.
pub(crate) struct Running {
    future: ReusableBoxFuture<'static, Answer>,
    /// Bytes of the future.
    size: usize,
}

/// A larger box is not kept: there are as many as threads times [`SIZES`].
const LARGEST: usize = 4 * 1024;

/// Of so many sizes, in steps of a word, a thread keeps one box each.
const SIZES: usize = 64;

thread_local! {
    /// Boxes whose methods have ended, by their sizes, so that a call costs no allocation.
    static SPARE: RefCell<[Option<ReusableBoxFuture<'static, Answer>>; SIZES]> =
        const { RefCell::new([const { None }; SIZES]) };
}

impl Running {
    pub(crate) fn new<F>(future: F) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let size = size_of::<F>();
        let spare = SPARE.try_with(|spare| spare.borrow_mut().get_mut(place(size)).and_then(Option::take));
        let future = match spare.ok().flatten() {
            // One of another size makes room for this.
            Some(mut boxed) => {
                boxed.set(future);
                boxed
            }
            None => ReusableBoxFuture::new(future),
        };
        Self { future, size }
    }

    /// Leaves the box to another method. What was in there has ended.
    pub(crate) fn recycle(self) {
        if self.size > LARGEST {
            return;
        }
        let _ = SPARE.try_with(|spare| {
            if let Some(place) = spare.borrow_mut().get_mut(place(self.size)) {
                *place = Some(self.future);
            }
        });
    }
}

fn place(size: usize) -> usize {
    size / size_of::<usize>() % SIZES
}

impl Future for Running {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        self.future.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::wire::NotStarted;

    fn answer(id: u64) -> Answer {
        Answer::not_started(id, &NotStarted::BootGone)
    }

    #[test]
    fn a_box_is_used_again_and_the_answer_is_the_new_ones() {
        for id in 0..3 {
            let held = [id; 5];
            let mut running = Running::new(async move { answer(held[4]) });
            assert_eq!((&mut running).now_or_never(), Some(answer(id)));
            running.recycle();
        }
    }

    /// The spares are taken out before they are used, so that a method that starts another one, or drops it, finds
    /// nothing borrowed.
    #[test]
    fn methods_of_one_size_may_run_within_each_other() {
        let outer = Running::new(async {
            let mut inner = Running::new(async { answer(1) });
            let inside = (&mut inner).now_or_never();
            inner.recycle();
            inside.unwrap()
        });
        assert_eq!(outer.now_or_never(), Some(answer(1)));
    }
}
