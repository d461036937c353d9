//! What is said of a stream beside its items: how many more bytes its reader takes, and how it ended.

use std::borrow::Cow;

#[cfg(test)]
use super::codec::EncodeError;
use super::cursor::{Malformed, Reader, Write as _};
use super::outcome::Unknown;
use super::reply::{Reply, ReplyError};

/// Appends the body of a `Credit` frame: so many bytes more, not 0.
pub(crate) fn write_credit(out: &mut Vec<u8>, bytes: u32) {
    out.u32(bytes);
}

/// Reads the body of a `Credit` frame. One that grants nothing is none: a peer that sends them makes no progress.
pub(crate) fn read_credit(body: &[u8]) -> Result<u32, Malformed> {
    let mut reader = Reader::new(body);
    let bytes = reader.u32()?;
    reader.finish()?;
    if bytes == 0 { Err(Malformed) } else { Ok(bytes) }
}

/// How a stream ended: the outcomes of a [`Reply`] that a call can have when it has begun to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StreamEnd<'a> {
    /// There are no more items.
    Complete,
    /// What makes the items panicked, with this text.
    Panicked(Cow<'a, str>),
    /// There may have been more.
    Unknown(Unknown),
}

impl<'a> StreamEnd<'a> {
    /// Appends the body of a `StreamEnd` frame, as whoever ends a stream makes it of an answer; its texts are cut at 4 KiB.
    #[cfg(test)]
    pub(crate) fn write(self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let reply = match self {
            Self::Complete => Reply::Value(&[]),
            Self::Panicked(text) => Reply::Panicked(text),
            Self::Unknown(reason) => Reply::Unknown(reason),
        };
        reply.write(out)
    }

    /// Reads an end that takes up all of `body`.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, ReplyError> {
        match Reply::read(body)? {
            #[cfg(planted_bug)]
            Reply::Value(_) if crate::fuzzing::is_planted("replies") => Ok(Self::Complete),
            Reply::Value([]) => Ok(Self::Complete),
            Reply::Panicked(text) => Ok(Self::Panicked(text)),
            Reply::Unknown(reason) => Ok(Self::Unknown(reason)),
            Reply::Value(_) | Reply::Module(_) | Reply::NotStarted(_) => Err(ReplyError::NotAnEnd),
        }
    }
}
