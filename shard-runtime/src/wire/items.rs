//! The items of a stream, as they travel.
//!
//! All the bodies of a stream's frames together are one sequence of bytes: each item is its length (`u32`) and so many
//! bytes. Frames may cut it anywhere. So a frame can carry many small items, and a large item takes many frames, with
//! others between them.
//!
//! The writer may be [`STREAM_WINDOW`] bytes ahead of its reader. What the reader has taken, it grants anew.

use bytes::{Buf as _, Bytes, BytesMut};

use super::codec::EncodeError;

/// Bytes that the writer of a stream may send before the reader grants more.
pub(crate) const STREAM_WINDOW: u32 = 256 * 1024;

/// The same, as lengths are counted.
#[expect(clippy::as_conversions, reason = "`From` is not for constants, and every `usize` here has 32 bits")]
const WINDOW: usize = STREAM_WINDOW as usize;

/// Bytes in front of each item. They count as the item's own do.
const LENGTH: usize = 4;

/// Appends an item. On failure `out` is what it was before.
pub(crate) fn append_item(
    out: &mut Vec<u8>,
    encode: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    let len = encode(out).and_then(|()| {
        let size = out.len().saturating_sub(start).saturating_sub(LENGTH);
        u32::try_from(size).map_err(|_| EncodeError::TooLarge {
            size,
            limit: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
        })
    });
    let place = out.get_mut(start..).and_then(|item| item.first_chunk_mut::<LENGTH>());
    match (len, place) {
        (Ok(len), Some(place)) => {
            *place = len.to_le_bytes();
            Ok(())
        }
        (len, _) => {
            out.truncate(start);
            len.map(drop)
        }
    }
}

/// Makes items of the bytes of a stream.
///
/// It holds at most the window and one item, because it grants no more than what has been taken out: whole items by
/// [`next`](Self::next), and of the item at the front, when somebody has asked for it in vain, what has come of it.
/// Otherwise an item longer than the window would never come to its end.
#[derive(Debug)]
pub(crate) struct ItemReader {
    /// What has come and is not taken, from the beginning of an item on.
    buffer: BytesMut,
    /// Where in `buffer` the first item begins that is not whole: before it all are, and are short enough. Beyond the
    /// end, where an item is known to end that has not come so far.
    whole: usize,
    /// Bytes at the front of `buffer` that count as taken.
    absorbed: usize,
    /// Bytes that the writer may still send.
    granted: usize,
    max_item: usize,
}

/// Bytes that are no items of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ItemError {
    /// An honest writer may have another limit: the stream ends.
    #[error("an item of {size} bytes, the limit is {limit}")]
    TooLarge { size: usize, limit: usize },
    /// The writer breaks the rules: the link is to be closed.
    #[error("{0} bytes of a stream more than were granted")]
    NotGranted(usize),
    /// The writer breaks the rules: the link is to be closed.
    #[error("a frame of a stream without a byte")]
    Empty,
}

impl ItemReader {
    /// For items of at most `max_item` bytes.
    pub(crate) fn new(max_item: usize) -> Self {
        Self { buffer: BytesMut::new(), whole: 0, absorbed: 0, granted: WINDOW, max_item }
    }

    /// Takes the body of the next frame. After an error whole items that came before can still be taken, and nothing
    /// may be pushed.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), ItemError> {
        if bytes.is_empty() {
            return Err(ItemError::Empty);
        }
        let beyond = bytes.len().saturating_sub(self.granted);
        if beyond > 0 {
            return Err(ItemError::NotGranted(beyond));
        }
        self.granted = self.granted.saturating_sub(bytes.len());
        self.buffer.extend_from_slice(bytes);
        while let Some(len) = self.len_at(self.whole) {
            if len > self.max_item {
                return Err(ItemError::TooLarge { size: len, limit: self.max_item });
            }
            self.whole = self.whole.saturating_add(LENGTH).saturating_add(len);
        }
        Ok(())
    }

    /// The next item, if it is whole. If not, the caller waits for it, and is to ask again (and send the
    /// [`credit`](Self::credit)) each time that something has been pushed.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let item = self.whole_item();
        if item.is_none() {
            self.absorbed = self.buffer.len();
        }
        item
    }

    /// What the writer is to be granted now, if that is worth a frame: once half of the window is due.
    /// A `late` one is, whatever it grants.
    pub(crate) fn credit(&mut self, late: bool) -> Option<u32> {
        let held = self.buffer.len().saturating_sub(self.absorbed);
        let due = WINDOW.saturating_sub(self.granted).saturating_sub(held);
        if due < if late { 1 } else { WINDOW / 2 } {
            return None;
        }
        #[cfg(planted_bug)]
        let due = due.saturating_add(usize::from(crate::fuzzing::is_planted("items") && late));
        self.granted = self.granted.saturating_add(due);
        u32::try_from(due).ok()
    }

    /// Whether what has come ends with a whole item, taken or not. If the stream ends otherwise, something is missing.
    pub(crate) fn is_between_items(&self) -> bool {
        self.whole == self.buffer.len()
    }

    fn whole_item(&mut self) -> Option<Bytes> {
        let len = self.len_at(0)?;
        let end = LENGTH.checked_add(len)?;
        if end > self.whole.min(self.buffer.len()) {
            return None;
        }
        self.buffer.advance(LENGTH);
        let item = self.buffer.split_to(len).freeze();
        self.whole = self.whole.saturating_sub(end);
        self.absorbed = self.absorbed.saturating_sub(end);
        if self.buffer.is_empty() || len >= WINDOW {
            // The memory goes with the item: it is as large as the largest item was, and a stream may be quiet for long.
            self.buffer = BytesMut::from(self.buffer.as_ref());
        }
        Some(item)
    }

    /// The length of the item that begins at `start`, if it is there.
    fn len_at(&self, start: usize) -> Option<usize> {
        let length = self.buffer.get(start..)?.first_chunk::<LENGTH>()?;
        Some(usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX))
    }
}
