use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::wire::items::STREAM_WINDOW;

/// How many bytes of a stream its writer may send before the reader says more.
pub(crate) struct Window {
    inner: Mutex<Inner>,
}

struct Inner {
    room: usize,
    writer: Option<Waker>,
}

/// A reader has granted more than it ever had outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more of a stream was granted than had been sent")]
pub(crate) struct TooMuch;

impl Window {
    pub(crate) fn new() -> Self {
        Self { inner: Mutex::new(Inner { room: WHOLE, writer: None }) }
    }

    /// Waits for room.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<usize> {
        let mut inner = self.lock();
        if inner.room > 0 {
            return Poll::Ready(inner.room);
        }
        inner.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes room for what is being sent.
    pub(crate) fn take(&self, bytes: usize) {
        let mut inner = self.lock();
        inner.room = inner.room.saturating_sub(bytes);
    }

    /// The reader takes so many bytes more.
    pub(crate) fn grant(&self, bytes: u32) -> Result<(), TooMuch> {
        let mut inner = self.lock();
        let room = inner.room.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
        if room > WHOLE {
            return Err(TooMuch);
        }
        inner.room = room;
        let writer = inner.writer.take();
        drop(inner);
        if let Some(writer) = writer {
            writer.wake();
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const WHOLE: usize = STREAM_WINDOW as usize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_comes_back_and_no_more() {
        let window = Window::new();
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(window.poll(&mut cx), Poll::Ready(WHOLE));
        window.take(WHOLE);
        assert_eq!(window.poll(&mut cx), Poll::Pending);
        assert_eq!(window.grant(STREAM_WINDOW), Ok(()));
        assert_eq!(window.grant(1), Err(TooMuch));
        assert_eq!(window.poll(&mut cx), Poll::Ready(WHOLE));
    }
}
