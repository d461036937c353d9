//! The frame that answers a call, ready to be written.

use bytes::Bytes;
use serde::Serialize;

use super::Wire;
use super::body::Body;
use super::codec::{Codec as _, EncodeError};
use super::frame::{FrameKind, HEADER_LEN, begin_frame, end_frame, set_kind};
use super::limits::Limits;
use super::outcome::{NotStarted, Unknown};
use super::reply::{Reply, begin_module, begin_value};

/// A whole reply frame: made by the row that ran the method, in the buffer that goes to the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer(Vec<u8>);

impl Answer {
    /// Appends the answer of a method that returned a value. On failure there is nothing of it.
    #[inline]
    pub(crate) fn write_value<T: Serialize>(
        id: u64,
        value: &T,
        out: &mut Vec<u8>,
        limits: &Limits,
    ) -> Result<(), EncodeError> {
        write(id, out, |out| {
            begin_value(out);
            Wire::encode(value, out, limits)
        })
    }

    /// The same of one that returned its own error.
    pub(crate) fn write_module<E: Serialize>(
        id: u64,
        error: &E,
        out: &mut Vec<u8>,
        limits: &Limits,
    ) -> Result<(), EncodeError> {
        write(id, out, |out| {
            begin_module(out);
            Wire::encode(error, out, limits)
        })
    }

    /// The method returned a value.
    pub(crate) fn value<T: Serialize>(id: u64, value: &T, limits: &Limits) -> Result<Self, EncodeError> {
        let mut out = Vec::with_capacity(SHORT);
        Self::write_value(id, value, &mut out, limits).map(|()| Self(out))
    }

    /// The method returned its own error.
    pub(crate) fn module<E: Serialize>(id: u64, error: &E, limits: &Limits) -> Result<Self, EncodeError> {
        let mut out = Vec::with_capacity(SHORT);
        Self::write_module(id, error, &mut out, limits).map(|()| Self(out))
    }

    /// Takes a frame for what it is.
    pub(crate) fn from_frame(frame: Vec<u8>) -> Self {
        Self(frame)
    }

    /// The method panicked.
    pub(crate) fn panicked(id: u64, message: &str) -> Self {
        Self::of(id, &Reply::Panicked(message.into()))
    }

    /// The method did not run.
    pub(crate) fn not_started(id: u64, reason: &NotStarted) -> Self {
        Self::of(id, &Reply::NotStarted(reason.clone()))
    }

    /// The method ran, but what came of it cannot be told.
    pub(crate) fn unknown(id: u64, reason: &Unknown) -> Self {
        Self::of(id, &Reply::Unknown(reason.clone()))
    }

    /// The frame.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same as the end of a stream, which it is if the stream was opened before.
    pub(crate) fn into_stream_end(mut self) -> Self {
        set_kind(&mut self.0, FrameKind::StreamEnd);
        self
    }

    /// The frame, to be sent.
    pub(crate) fn into_frame(self) -> Vec<u8> {
        self.0
    }

    /// The frame's body, for a caller on the same node.
    pub(crate) fn into_body(self) -> Body {
        let frame = Bytes::from(self.0);
        frame.slice(HEADER_LEN.min(frame.len())..).into()
    }

    pub(crate) fn of(id: u64, reply: &Reply<'_>) -> Self {
        // A reason's texts are cut to a bound, so the only failure left is one of ours; the caller then
        // gets a reply that it cannot read, and says so.
        Self::encoded(id, |out| reply.write(out))
            .unwrap_or_else(|_| Self::encoded(id, |_| Ok::<(), EncodeError>(())).unwrap_or(Self(Vec::new())))
    }

    fn encoded(
        id: u64,
        body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<Self, EncodeError> {
        let mut out = Vec::with_capacity(SHORT);
        write(id, &mut out, body)?;
        Ok(Self(out))
    }
}

/// Bytes of most answers.
pub(crate) const SHORT: usize = 64;

#[inline]
fn write(
    id: u64,
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = begin_frame(out, FrameKind::Reply, id);
    let written = body(out);
    if written.is_err() {
        out.truncate(start);
        return written;
    }
    end_frame(out, start).map_err(|error| EncodeError::Other(error.to_string()))
}
