//! The reader's end of a stream, before the types are known.

use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;

use super::Failure;
use crate::wire::items::{ItemError, ItemReader, STREAM_WINDOW};
use crate::wire::stream::StreamEnd;
use crate::wire::{Limits, Unknown};

/// What has come of a stream and was not read yet, and how it ended.
pub(crate) struct Inflow {
    inner: Mutex<Inner>,
}

struct Inner {
    items: ItemReader,
    end: Option<Ending>,
    /// Whether the writer knows that it has ended.
    told: bool,
    /// Bytes that have come since it has ended.
    late: u64,
    /// When the writer was granted something last.
    granted: Instant,
    reader: Option<Waker>,
}

/// A writer that was granted nothing for so long is granted what there is.
const LATE: Duration = Duration::from_millis(250);

/// How a stream has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There is no more of it.
    Whole,
    Failed(Failure),
    /// The link ended.
    Lost,
}

/// What a look at a stream gave.
pub(super) enum Look {
    /// The bytes of one item.
    Item(Bytes),
    /// It ended well, with this or an earlier look.
    End,
    /// It ended badly. Said once.
    Failed(Failure),
}

impl Inflow {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            inner: Mutex::new(Inner {
                items: ItemReader::new(limits.message),
                end: None,
                told: false,
                late: 0,
                granted: Instant::now(),
                reader: None,
            }),
        }
    }

    /// Takes in what has come. `false`: it comes so late that whoever sends it knows that nobody takes it.
    ///
    /// # Errors
    ///
    /// When it breaks the rules of streams. An item that is too large for this node is none of these: it ends the
    /// stream.
    pub(crate) fn push(&self, bytes: &[u8]) -> Result<bool, ItemError> {
        let mut inner = self.lock();
        if inner.end.is_some() {
            inner.late = inner.late.saturating_add(bytes.len() as u64);
            return Ok(inner.late <= u64::from(STREAM_WINDOW));
        }
        match inner.items.push(bytes) {
            Ok(()) => {}
            Err(ItemError::TooLarge { size, limit }) => {
                let reason = Unknown::ReplyTooLarge { size: size as u64, limit: limit as u64 };
                inner.end = Some(Ending::Failed(reason.into()));
            }
            Err(broken) => return Err(broken),
        }
        wake(inner);
        Ok(true)
    }

    /// Notes the end; the first one counts. `false`: the writer has told one before.
    pub(crate) fn end(&self, ending: Ending) -> bool {
        let mut inner = self.lock();
        inner.end.get_or_insert(ending);
        let first = !core::mem::replace(&mut inner.told, true);
        wake(inner);
        first
    }

    /// Notes the end that the writer tells. `false`: it has told one before.
    pub(crate) fn end_as_told(&self, body: &[u8]) -> bool {
        self.end(match StreamEnd::read(body) {
            Ok(StreamEnd::Complete) => Ending::Whole,
            Ok(StreamEnd::Panicked(message)) => Ending::Failed(Failure::Panicked(message.into_owned())),
            Ok(StreamEnd::Unknown(reason)) => Ending::Failed(reason.into()),
            Err(error) => Ending::Failed(Unknown::Undecodable(error.to_string()).into()),
        })
    }

    /// Whether the writer has nothing to stop.
    pub(crate) fn is_ended_over_there(&self) -> bool {
        self.lock().told
    }

    /// The next item, or the end behind the last one. Beside it how many bytes the writer may send more, if it is
    /// time to say so.
    pub(super) fn poll(&self, cx: &mut Context<'_>, now: Instant) -> (Poll<Look>, Option<u32>) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        if let Some(item) = inner.items.next() {
            // Of a stream that has ended nobody over there would know what it is for.
            let credit = if inner.end.is_none() { inner.credit(now) } else { None };
            return (Poll::Ready(Look::Item(item)), credit);
        }
        if let Some(end) = &mut inner.end {
            let look = match core::mem::replace(end, Ending::Whole) {
                Ending::Whole if inner.items.is_between_items() => Look::End,
                // It says that it is whole, and is not.
                Ending::Whole => {
                    Look::Failed(Unknown::Undecodable("the stream ended inside of an item".to_owned()).into())
                }
                Ending::Failed(failure) => Look::Failed(failure),
                Ending::Lost => Look::Failed(Unknown::ConnectionLost.into()),
            };
            if matches!(look, Look::Failed(_)) {
                inner.items = ItemReader::new(0);
            }
            return (Poll::Ready(look), None);
        }
        inner.reader = Some(cx.waker().clone());
        (Poll::Pending, inner.credit(now))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What the writer is to be granted: much at a time, but also little when it has had to wait for long, since it
    /// must see that it is read.
    fn credit(&mut self, now: Instant) -> Option<u32> {
        let late = now.saturating_duration_since(self.granted) >= LATE;
        let credit = self.items.credit(late)?;
        self.granted = now;
        Some(credit)
    }
}

fn wake(mut inner: MutexGuard<'_, Inner>) {
    let reader = inner.reader.take();
    drop(inner);
    if let Some(reader) = reader {
        reader.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::items::{STREAM_WINDOW, append_item};

    fn flow() -> Inflow {
        Inflow::new(&Limits::default())
    }

    fn item(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append_item(&mut out, |out| {
            out.extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
        out
    }

    /// It takes its time with what has come, and all of it has.
    #[tokio::test(start_paused = true)]
    async fn of_a_stream_that_has_ended_nothing_is_granted() {
        let flow = flow();
        flow.push(&item(b"x").repeat(100)).unwrap();
        let look = |flow: &Inflow| flow.poll(&mut Context::from_waker(Waker::noop()), Instant::now());
        tokio::time::sleep(LATE).await;
        assert!(look(&flow).1.is_some(), "it is late");
        flow.end(Ending::Whole);
        for _ in 1..100 {
            tokio::time::sleep(LATE).await;
            let (item, credit) = look(&flow);
            assert!(item.is_ready() && credit.is_none());
        }
    }

    /// What a reader sees now: an item, or how it ended.
    fn seen(flow: &Inflow) -> Option<Result<Vec<u8>, Option<Failure>>> {
        match flow.poll(&mut Context::from_waker(Waker::noop()), Instant::now()).0 {
            Poll::Ready(Look::Item(bytes)) => Some(Ok(bytes.to_vec())),
            Poll::Ready(Look::End) => Some(Err(None)),
            Poll::Ready(Look::Failed(failure)) => Some(Err(Some(failure))),
            Poll::Pending => None,
        }
    }

    #[test]
    fn i14_items_come_before_the_end_which_is_told_once() {
        let flow = flow();
        flow.push(&item(b"one")).unwrap();
        flow.push(&item(b"two")).unwrap();
        flow.end(Ending::Failed(Unknown::Stopped.into()));
        flow.end(Ending::Whole);
        assert_eq!([seen(&flow), seen(&flow)], [Some(Ok(b"one".to_vec())), Some(Ok(b"two".to_vec()))]);
        assert_eq!(seen(&flow), Some(Err(Some(Unknown::Stopped.into()))));
        assert_eq!(seen(&flow), Some(Err(None)));
    }

    #[test]
    fn i14_an_end_inside_of_an_item_is_no_good_one() {
        let flow = flow();
        flow.push(&item(b"half")[..5]).unwrap();
        assert_eq!(seen(&flow), None);
        flow.end(Ending::Whole);
        assert!(matches!(seen(&flow), Some(Err(Some(Failure::Unknown(Unknown::Undecodable(_)))))));
    }

    #[test]
    fn an_item_that_is_too_large_here_ends_the_stream_and_too_much_the_link() {
        let flow = Inflow::new(&Limits::of_message(100));
        flow.push(&item(&[0; 101])).unwrap();
        assert!(matches!(seen(&flow), Some(Err(Some(Failure::Unknown(Unknown::ReplyTooLarge { .. }))))));
        let flow = self::flow();
        assert!(flow.push(&vec![0; STREAM_WINDOW as usize + 1]).is_err());
    }
}
