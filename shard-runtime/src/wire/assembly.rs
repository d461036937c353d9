//! Large messages on their way in: chunks become whole again (see [`chunk`](super::chunk)).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytes::{Bytes, BytesMut};

use super::chunk::CHUNK;
use super::frame::{FrameKind, Header};

/// The messages of one link that have come in part.
///
/// Memory follows the bytes that have come, never what a peer claims. Each byte that is kept here has been asked for
/// (see [`take`](Self::take)) and is reported when it goes: in a [`Step`], and for all that is left when the link
/// ends, by [`kept`](Self::kept).
#[derive(Debug)]
pub(crate) struct Assembly<A> {
    partial: HashMap<(FrameKind, u64), Partial<A>>,
    /// The most bytes of one message.
    largest: usize,
    /// The most bytes of one that are kept.
    taken: usize,
    /// The most messages that may be incomplete at a time.
    most: usize,
    kept: usize,
}

/// A message that is incomplete.
#[derive(Debug)]
struct Partial<A> {
    mark: A,
    /// Bytes that have come, whether they are kept or not.
    size: usize,
    /// `None`: given up. What still comes is swallowed.
    body: Option<BytesMut>,
}

/// What a frame amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<A> {
    /// A whole message.
    Whole {
        body: Bytes,
        /// The mark of its first frame.
        mark: A,
        /// Whether it came in chunks.
        chunked: bool,
        /// Bytes that had been asked for, to be given back when `body` is done with. 0 for a message of one frame.
        kept: usize,
    },
    /// Nothing to hand on: more of the message has to come, or it has been given up before.
    More,
    /// There was no room, and the message is given up. Said once, whatever still comes of it.
    Refused { kind: FrameKind, id: u64, freed: usize },
    /// It is longer than is taken here, at least `size` bytes, and given up in the same way.
    TooLarge { kind: FrameKind, id: u64, size: usize, freed: usize },
    /// The sender has given the message up.
    GivenUp { kind: FrameKind, id: u64, freed: usize },
}

/// Chunks that nobody sends who keeps to the rules: the link is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ChunkError {
    #[error("a message of more than {0} bytes")]
    TooLarge(usize),
    #[error("more than {0} messages at a time in chunks")]
    TooMany(usize),
    #[error("{0} bytes in one frame: all but the last have {CHUNK}, and the last has no more")]
    Length(usize),
}

impl<A: Copy> Assembly<A> {
    /// For messages of at most `largest` bytes, of which at most `most` come at a time. Those of more than `taken` are
    /// not kept.
    pub(crate) fn new(largest: usize, taken: usize, most: usize) -> Self {
        Self { partial: HashMap::new(), largest, taken, most, kept: 0 }
    }

    /// Whether no message is incomplete: then a frame that is whole goes by itself.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.partial.is_empty()
    }

    /// Takes the next frame of the link. A message of one frame passes through as it is. Of others the bytes are kept
    /// until they are complete, if `allow` has room for them: it is asked before, and once at most.
    pub(crate) fn take(
        &mut self,
        header: &Header,
        body: Bytes,
        mark: A,
        allow: impl FnOnce(usize) -> bool,
    ) -> Result<Step<A>, ChunkError> {
        if body.len() > CHUNK {
            return Err(ChunkError::Length(body.len()));
        }
        let whole = |body| Ok(Step::Whole { body, mark, chunked: false, kept: 0 });
        if !header.more && self.partial.is_empty() {
            return whole(body);
        }
        let (kind, id, more) = (header.kind, header.id, header.more);
        let has_room = self.partial.len() < self.most;
        let mut place = match self.partial.entry((kind, id)) {
            Entry::Occupied(place) => place,
            Entry::Vacant(_) if !more => return whole(body),
            Entry::Vacant(_) if !has_room => return Err(ChunkError::TooMany(self.most)),
            Entry::Vacant(place) => {
                place.insert_entry(Partial { mark, size: 0, body: Some(BytesMut::new()) })
            }
        };
        let partial = place.get_mut();
        partial.grow(body.len(), more, self.largest)?;
        let step = match &mut partial.body {
            None => Step::More,
            Some(kept) if body.is_empty() => Step::GivenUp { kind, id, freed: kept.len() },
            Some(kept) if partial.size > self.taken => {
                Step::TooLarge { kind, id, size: partial.size, freed: kept.len() }
            }
            Some(kept) if !allow(body.len()) => Step::Refused { kind, id, freed: kept.len() },
            Some(kept) => {
                kept.extend_from_slice(&body);
                self.kept = self.kept.saturating_add(body.len());
                if more {
                    Step::More
                } else {
                    let body = core::mem::take(kept).freeze();
                    Step::Whole { kept: body.len(), body, mark: partial.mark, chunked: true }
                }
            }
        };
        if let Step::Whole { kept: gone, .. }
        | Step::Refused { freed: gone, .. }
        | Step::TooLarge { freed: gone, .. }
        | Step::GivenUp { freed: gone, .. } = &step
        {
            partial.body = None;
            #[cfg(planted_bug)]
            if crate::fuzzing::is_planted("chunks") && matches!(step, Step::GivenUp { .. }) {
                return Ok(step);
            }
            self.kept = self.kept.saturating_sub(*gone);
        }
        if !more {
            place.remove();
        }
        Ok(step)
    }

    /// All the bytes that are kept now.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }
}

impl<A> Partial<A> {
    /// Counts a chunk, whether it will be kept or not: also what is swallowed must come to an end.
    fn grow(&mut self, len: usize, more: bool, largest: usize) -> Result<(), ChunkError> {
        if len > CHUNK || (more && len < CHUNK) {
            return Err(ChunkError::Length(len));
        }
        self.size = self.size.saturating_add(len);
        if self.size > largest { Err(ChunkError::TooLarge(largest)) } else { Ok(()) }
    }
}
