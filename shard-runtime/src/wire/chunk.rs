//! Large messages travel in chunks, so that small ones pass them.
//!
//! A chunk is a frame of its own with the kind and id of the message, and with [`more`](Header::more) on all but the
//! last. All but the last have exactly [`CHUNK`] bytes of body, and the last has one at least: a last chunk without
//! any says that the sender has given the message up. Chunks of several messages may alternate as they like.

use super::cursor::Write as _;
use super::frame::{FrameKind, HEADER_LEN, Header};

/// The most bytes of body in one frame of a chunked message: 64 KiB, and the head of an ordinary call, so that 64 KiB of
/// arguments go in one frame.
pub(crate) const CHUNK: usize = 65 * 1024;

/// A large message that is being sent: each chunk is copied out of it when its turn comes.
#[derive(Debug)]
pub(crate) struct Parts {
    /// A whole frame, with its header.
    frame: Vec<u8>,
    kind: FrameKind,
    id: u64,
    /// Where in `frame` the rest begins that has not left yet.
    next: usize,
}

/// What [`Parts::append_next`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    /// Where in the buffer the frame begins. Its body follows [`HEADER_LEN`] bytes later.
    pub(crate) start: usize,
    /// Whether another one follows.
    pub(crate) more: bool,
}

impl Parts {
    /// Takes a whole frame with a body longer than [`CHUNK`]. Any other one is given back, since it can go as it is.
    pub(crate) fn new(mut frame: Vec<u8>) -> Result<Self, Vec<u8>> {
        let header = frame.first_chunk().and_then(|bytes| Header::read(*bytes, usize::MAX).ok());
        let size = frame.len().saturating_sub(HEADER_LEN);
        match header {
            Some(Header { len, kind, id, more: false })
                if kind.may_be_chunked() && size > CHUNK && usize::try_from(len) == Ok(size) =>
            {
                // A vector that grows doubles, and this one may wait for long.
                frame.shrink_to_fit();
                Ok(Self { frame, kind, id, next: HEADER_LEN })
            }
            _ => Err(frame),
        }
    }

    pub(crate) fn kind(&self) -> FrameKind {
        self.kind
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Whether a chunk has left: then the receiver has to be told if the rest does not follow.
    pub(crate) fn has_begun(&self) -> bool {
        self.next > HEADER_LEN
    }

    /// Bytes of body that have not left yet.
    pub(crate) fn remaining(&self) -> usize {
        self.frame.len().saturating_sub(self.next)
    }

    /// Bytes of memory that it takes until it is dropped, however much has left.
    pub(crate) fn held(&self) -> usize {
        self.frame.capacity()
    }

    /// Appends the next chunk. The first one's body begins as the message's does, so that all of a call's head is
    /// in there.
    pub(crate) fn append_next(&mut self, out: &mut Vec<u8>) -> Appended {
        let start = out.len();
        let rest = self.frame.get(self.next..).unwrap_or_default();
        let (chunk, rest) = rest.split_at_checked(CHUNK).unwrap_or((rest, &[]));
        let more = !rest.is_empty();
        if !chunk.is_empty() {
            append(out, self.kind, self.id, chunk, more);
        }
        self.next = self.next.saturating_add(chunk.len());
        Appended { start, more }
    }

    /// Drops the rest. If a chunk has left, a last one is appended that says so.
    pub(crate) fn give_up(self, out: &mut Vec<u8>) {
        if self.has_begun() && self.remaining() > 0 {
            append(out, self.kind, self.id, &[], false);
        }
    }
}

fn append(out: &mut Vec<u8>, kind: FrameKind, id: u64, body: &[u8], more: bool) {
    // A chunk's length always fits.
    let len = u32::try_from(body.len()).unwrap_or_default();
    Header { len, kind, id, more }.write(out);
    out.put(body);
}
