//! The reader's end of a stream, before the types are known.

use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::Failure;
use crate::wire::items::{ItemError, ItemReader, STREAM_WINDOW};
use crate::wire::{Limits, Reply, Unknown, read_stream_end};

/// What has come of a stream and was not read yet, and how it ended.
pub(crate) struct Inflow {
    inner: Mutex<Inner>,
}

struct Inner {
    items: ItemReader,
    /// Bytes that the writer may still send.
    room: usize,
    end: Option<Ending>,
    reader: Option<Waker>,
}

/// How a stream has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There is no more of it.
    Whole,
    Failed(Failure),
    /// The link ended.
    Lost,
}

/// What breaks the protocol of streams.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("a stream sent more than was granted")]
    TooMuch,
    #[error("{0}")]
    Item(#[from] ItemError),
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
        let inner = Inner {
            items: ItemReader::new(limits.message),
            room: STREAM_WINDOW as usize,
            end: None,
            reader: None,
        };
        Self { inner: Mutex::new(inner) }
    }

    /// Takes in what has come.
    pub(crate) fn push(&self, bytes: &[u8]) -> Result<(), Broken> {
        let mut inner = self.lock();
        if inner.end.is_some() {
            return Ok(());
        }
        inner.room = inner.room.checked_sub(bytes.len()).ok_or(Broken::TooMuch)?;
        inner.items.push(bytes)?;
        wake(inner);
        Ok(())
    }

    /// Notes the end; the first one counts.
    pub(crate) fn end(&self, ending: Ending) {
        let mut inner = self.lock();
        inner.end.get_or_insert(ending);
        wake(inner);
    }

    /// Notes the end that the writer tells.
    pub(crate) fn end_as_told(&self, body: &[u8]) {
        self.end(match read_stream_end(body) {
            Ok(Reply::Value(_)) => Ending::Whole,
            Ok(Reply::Panicked(message)) => Ending::Failed(Failure::Panicked(message.into_owned())),
            Ok(Reply::Unknown(reason)) => Ending::Failed(reason.into()),
            Ok(_) => Ending::Failed(Unknown::Undecodable("an end that no stream has".to_owned()).into()),
            Err(error) => Ending::Failed(Unknown::Undecodable(error.to_string()).into()),
        });
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.lock().end.is_some()
    }

    /// The next item, or the end behind the last one. Beside it how many bytes the writer may send more, if it is
    /// time to say so.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> (Poll<Look>, Option<u32>) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        if let Some(item) = inner.items.next() {
            return (Poll::Ready(Look::Item(item)), inner.credit(false));
        }
        if let Some(end) = &mut inner.end {
            let look = match core::mem::replace(end, Ending::Whole) {
                Ending::Whole if inner.items.is_between_items() => Look::End,
                // It says that it is whole, and is not.
                Ending::Whole => {
                    inner.items = ItemReader::new(0);
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
        (Poll::Pending, inner.credit(true))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Grants again what has been read, in large enough pieces.
    fn credit(&mut self, waiting: bool) -> Option<u32> {
        let read = self.items.take_credit(waiting)?;
        self.room += read as usize;
        Some(read)
    }
}

fn wake(mut inner: MutexGuard<'_, Inner>) {
    let reader = inner.reader.take();
    drop(inner);
    if let Some(reader) = reader {
        reader.wake();
    }
}
