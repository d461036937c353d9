//! What travels on a link: a fixed header and a body.
//!
//! | bytes | header |
//! |---|---|
//! | 0..4 | length of the body |
//! | 4 | kind |
//! | 5 | flags |
//! | 6..8 | reserved, zero |
//! | 8..16 | id of the call; zero for what concerns the link itself |
//!
//! The only flag is bit 0: another chunk of this message follows (see [`chunk`](super::chunk)). Calls and replies
//! may have it.
//!
//! The header is checked before a byte is allocated for the body.

use bytes::{Bytes, BytesMut};

use super::cursor::Write as _;

/// The first bytes of a hello, so that another protocol is recognised at once.
pub(crate) const MAGIC: [u8; 4] = *b"SHRD";

/// The version of everything in this folder.
pub(crate) const WIRE_VERSION: u16 = 1;

/// The length of a [`Header`].
pub(crate) const HEADER_LEN: usize = 16;

/// Flag: another chunk of this message follows.
const MORE: u8 = 1;

/// Whether bytes that are no frame of ours begin like a record of TLS: an alert or a handshake of some version 3. As a frame
/// that would have a body of 64 KiB or more, which nobody sends first.
pub(crate) fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 3, 1..=4, ..])
}

/// What a frame is. The numbers are frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum FrameKind {
    /// A call head and arguments, to be answered by a [`Reply`](Self::Reply) with the same id.
    Call = 1,
    /// The outcome of a call.
    Reply = 2,
    /// The caller no longer wants the answer.
    Cancel = 3,
    /// The next bytes of a stream's items.
    StreamItem = 4,
    /// The end of a stream, good or bad.
    StreamEnd = 5,
    /// How many more bytes of items the reader of a stream takes.
    Credit = 6,
    /// Are you there?
    Ping = 7,
    /// Yes.
    Pong = 8,
    /// Nothing new is accepted on this link.
    Goodbye = 9,
    /// The method tables of the sender.
    Tables = 10,
    /// A call without an answer.
    OneWay = 11,
    /// All that the sender knows of the members, on a link for calls.
    ViewSync = 12,
    /// A packet of the gossip, on a link for liveness.
    Gossip = 13,
    /// Handshake: the dialler introduces itself.
    Hello = 32,
    /// Handshake: the listener introduces itself and proves that it knows the secret.
    Challenge = 33,
    /// Handshake: the dialler proves that it knows the secret.
    Proof = 34,
    /// Handshake: the link is up.
    Accept = 35,
    /// Handshake: the link will not be.
    Refuse = 36,
}

impl FrameKind {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Call,
            2 => Self::Reply,
            3 => Self::Cancel,
            4 => Self::StreamItem,
            5 => Self::StreamEnd,
            6 => Self::Credit,
            7 => Self::Ping,
            8 => Self::Pong,
            9 => Self::Goodbye,
            10 => Self::Tables,
            11 => Self::OneWay,
            12 => Self::ViewSync,
            13 => Self::Gossip,
            32 => Self::Hello,
            33 => Self::Challenge,
            34 => Self::Proof,
            35 => Self::Accept,
            36 => Self::Refuse,
            _ => return None,
        })
    }

    /// Whether a message of this kind may come in chunks.
    pub(super) const fn may_be_chunked(self) -> bool {
        matches!(self, Self::Call | Self::Reply)
    }

    const fn byte(self) -> u8 {
        // `as` is the only way from a variant to its number, and cannot lose anything with `repr(u8)`.
        #[expect(clippy::as_conversions, reason = "a fieldless enum with `repr(u8)`")]
        {
            self as u8
        }
    }
}

/// The checked header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of body.
    pub(crate) len: u32,
    pub(crate) kind: FrameKind,
    /// The call, or zero.
    pub(crate) id: u64,
    /// Whether another chunk of this message follows.
    pub(crate) more: bool,
}

impl Header {
    /// Reads and checks a header; `max_body` is the longest body accepted here.
    pub(crate) fn read(bytes: [u8; HEADER_LEN], max_body: usize) -> Result<Self, FrameError> {
        let [l0, l1, l2, l3, kind, flags, r0, r1, id @ ..] = bytes;
        let (len, id) = (u32::from_le_bytes([l0, l1, l2, l3]), u64::from_le_bytes(id));
        let kind = FrameKind::from_byte(kind).ok_or(FrameError::UnknownKind(kind))?;
        let more = match flags {
            0 => false,
            MORE if kind.may_be_chunked() => true,
            _ => return Err(FrameError::Flags(flags)),
        };
        if (r0, r1) != (0, 0) {
            return Err(FrameError::Reserved);
        }
        match usize::try_from(len) {
            Ok(size) if size <= max_body => Ok(Self { len, kind, id, more }),
            _ => Err(FrameError::TooLarge { size: u64::from(len), limit: max_body }),
        }
    }

    /// Bytes of the frame, the header among them.
    #[inline]
    pub(crate) fn frame_len(&self) -> usize {
        whole(self.len)
    }

    /// Appends the header.
    #[inline]
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let [l0, l1, l2, l3] = self.len.to_le_bytes();
        let [i0, i1, i2, i3, i4, i5, i6, i7] = self.id.to_le_bytes();
        let flags = if self.more { MORE } else { 0 };
        // At once: this is written for every call.
        out.put(&[l0, l1, l2, l3, self.kind.byte(), flags, 0, 0, i0, i1, i2, i3, i4, i5, i6, i7]);
    }
}

/// A whole frame. The body shares the memory it was read into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) body: Bytes,
}

/// Bytes that are not a frame of ours: the link is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FrameError {
    #[error("frames of kind {0} are unknown")]
    UnknownKind(u8),
    #[error("the flags {0:#04x} are unknown, or have no place on a frame of this kind")]
    Flags(u8),
    #[error("the reserved bytes are not zero")]
    Reserved,
    #[error("a body of {size} bytes, the limit is {limit}")]
    TooLarge { size: u64, limit: usize },
}

/// What the bytes read so far amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Frame(Frame),
    /// So many more bytes, at least, make a frame (or first its header).
    Needs(usize),
}

/// Takes one whole frame off the front of `buf`, or says how many bytes are missing.
pub(crate) fn next(buf: &mut BytesMut, max_body: usize) -> Result<Next, FrameError> {
    #[cfg(planted_bug)]
    if crate::fuzzing::is_planted("frames") && missing(buf) == 1 {
        buf.extend_from_slice(&[0]);
    }
    let found = peek(buf, max_body)?.map(|(header, _)| header);
    Ok(match found {
        Some(header) => Next::Frame(split(buf, header)),
        None => Next::Needs(HEADER_LEN.saturating_sub(buf.len()).max(missing(buf))),
    })
}

/// How many bytes are missing of the frame at the front of `buf`; of one whose header is not whole, none that are known
/// of. It is what the header claims.
#[inline]
pub(crate) fn missing(buf: &[u8]) -> usize {
    let Some([l0, l1, l2, l3, ..]) = buf.first_chunk::<HEADER_LEN>() else { return 0 };
    whole(u32::from_le_bytes([*l0, *l1, *l2, *l3])).saturating_sub(buf.len())
}

/// The length of a frame whose body has that one.
#[inline]
fn whole(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX).saturating_add(HEADER_LEN)
}

/// Takes the frame off the front of `buf` that [`peek`] has found there.
pub(crate) fn split(buf: &mut BytesMut, header: Header) -> Frame {
    let mut body = buf.split_to(whole(header.len).min(buf.len())).freeze();
    let head = HEADER_LEN.min(body.len());
    bytes::Buf::advance(&mut body, head);
    Frame { header, body }
}

/// The header of the whole frame at the front of `buf`, if there is one, and its body, which stay where they are.
#[inline]
pub(crate) fn peek(buf: &[u8], max_body: usize) -> Result<Option<(Header, &[u8])>, FrameError> {
    let Some((head, rest)) = buf.split_first_chunk::<HEADER_LEN>() else { return Ok(None) };
    let header = Header::read(*head, max_body)?;
    let len = usize::try_from(header.len).unwrap_or(usize::MAX);
    Ok(rest.get(..len).map(|body| (header, body)))
}

/// Takes one whole frame off the front of `buf`, if there is one.
pub(crate) fn next_frame(buf: &mut BytesMut, max_body: usize) -> Result<Option<Frame>, FrameError> {
    Ok(match next(buf, max_body)? {
        Next::Frame(frame) => Some(frame),
        Next::Needs(_) => None,
    })
}

/// Writes a header; the body is appended by the caller and [`end_frame`] fills in its length.
///
/// Returns where the frame starts: what `end_frame` needs, or a `truncate` if there is to be no frame.
#[inline]
pub(crate) fn begin_frame(out: &mut Vec<u8>, kind: FrameKind, id: u64) -> usize {
    let start = out.len();
    Header { len: 0, kind, id, more: false }.write(out);
    start
}

/// Fills in the length of the frame that starts at `start` and ends with `out`.
///
/// If the body is longer than a header can say, the frame is taken back.
#[inline]
pub(crate) fn end_frame(out: &mut Vec<u8>, start: usize) -> Result<(), FrameError> {
    let size = out.len().saturating_sub(start).saturating_sub(HEADER_LEN);
    let len = u32::try_from(size).ok();
    let place = out.get_mut(start..).and_then(|frame| frame.first_chunk_mut::<4>());
    if let (Some(len), Some(place)) = (len, place) {
        *place = len.to_le_bytes();
        return Ok(());
    }
    Err(taken_back(out, start, size))
}

#[cold]
fn taken_back(out: &mut Vec<u8>, start: usize, size: usize) -> FrameError {
    out.truncate(start);
    FrameError::TooLarge { size: u64::try_from(size).unwrap_or(u64::MAX), limit: usize::MAX }
}

/// Makes a frame of another kind of the one that `frame` begins with.
pub(crate) fn set_kind(frame: &mut [u8], kind: FrameKind) {
    if let Some(place) = frame.get_mut(4) {
        *place = kind.byte();
    }
}

/// Appends a frame with a body that is already there.
pub(crate) fn write_frame(
    out: &mut Vec<u8>,
    kind: FrameKind,
    id: u64,
    body: &[u8],
) -> Result<(), FrameError> {
    let start = begin_frame(out, kind, id);
    out.put(body);
    end_frame(out, start)
}
