//! The body of a reply: one byte that says how the call went, and what it brought.

use std::borrow::Cow;

use super::Wire;
use super::codec::{Codec as _, DecodeError, EncodeError};
use super::cursor::{Malformed, Reader, Write as _};
use super::limits::Limits;
use super::outcome::{MAX_TEXT, NotStarted, Unknown, truncated};

const VALUE: u8 = 0;
const MODULE: u8 = 1;
const PANICKED: u8 = 2;
const NOT_STARTED: u8 = 3;
const UNKNOWN: u8 = 4;

/// The longest encoding of a reason: two texts and what stands around them.
const REASON: Limits = Limits { message: 2 * MAX_TEXT + 128, depth: 8, elements: 16 };

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply<'a> {
    /// The method returned: its encoded value.
    Value(&'a [u8]),
    /// The method returned an error: its encoded value.
    Module(&'a [u8]),
    /// The method panicked, with this text.
    Panicked(Cow<'a, str>),
    /// The method did not start.
    NotStarted(NotStarted),
    /// The method may have run.
    Unknown(Unknown),
}

/// Bytes that are not a reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReplyError {
    #[error("a reply of kind {0} is unknown")]
    UnknownOutcome(u8),
    #[error("a stream does not end like this")]
    NotAnEnd,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Reason(#[from] DecodeError),
}

impl<'a> Reply<'a> {
    /// Appends the reply; its texts are cut at 4 KiB.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Value(bytes) => {
                begin_value(out);
                out.put(bytes);
            }
            Self::Module(bytes) => {
                begin_module(out);
                out.put(bytes);
            }
            Self::Panicked(text) => {
                out.u8(PANICKED);
                out.put(truncated(text, MAX_TEXT).as_bytes());
            }
            Self::NotStarted(reason) => {
                let mut reason = reason.clone();
                reason.truncate();
                write_reason(out, NOT_STARTED, &reason)?;
            }
            Self::Unknown(reason) => {
                let mut reason = reason.clone();
                reason.truncate();
                write_reason(out, UNKNOWN, &reason)?;
            }
        }
        Ok(())
    }

    /// Whether a body is that of an answer: the method ran, and said so.
    pub(crate) fn is_answer(body: &[u8]) -> bool {
        matches!(body.first(), Some(&(VALUE | MODULE | PANICKED)))
    }

    /// Reads a reply that takes up all of `body`.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, ReplyError> {
        let mut reader = Reader::new(body);
        let outcome = reader.u8()?;
        let rest = reader.rest();
        Ok(match outcome {
            VALUE => Self::Value(rest),
            MODULE => Self::Module(rest),
            // A peer that sends more than we would is not worth a lost reply: the rest is left out.
            PANICKED => Self::Panicked(lossy(rest)),
            NOT_STARTED => {
                // A later version may have reasons that this one does not know. That the method did not run is
                // said by the outcome, and worth more than why.
                // From 251 on a byte is no number of a variant but the beginning of a longer one.
                let unheard_of = rest.first().is_some_and(|n| (NotStarted::LAST + 1..251).contains(n));
                let mut reason = match Wire::decode(rest, &REASON) {
                    Err(_) if unheard_of => {
                        NotStarted::Refused("for a reason that this build does not know".to_owned())
                    }
                    reason => reason?,
                };
                reason.truncate();
                Self::NotStarted(reason)
            }
            UNKNOWN => {
                let mut reason: Unknown = Wire::decode(rest, &REASON)?;
                reason.truncate();
                Self::Unknown(reason)
            }
            other => return Err(ReplyError::UnknownOutcome(other)),
        })
    }
}

/// Starts a reply with a value, which the caller encodes behind it.
#[inline]
pub(crate) fn begin_value(out: &mut Vec<u8>) {
    out.u8(VALUE);
}

/// Starts a reply with the method's own error, which the caller encodes behind it.
pub(crate) fn begin_module(out: &mut Vec<u8>) {
    out.u8(MODULE);
}

fn write_reason<T: serde::Serialize>(out: &mut Vec<u8>, outcome: u8, reason: &T) -> Result<(), EncodeError> {
    let start = out.len();
    out.u8(outcome);
    Wire::encode(reason, out, &REASON).inspect_err(|_| out.truncate(start))
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.get(..MAX_TEXT).unwrap_or(bytes);
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text),
        Cow::Owned(mut text) => {
            text.truncate(truncated(&text, MAX_TEXT).len());
            Cow::Owned(text)
        }
    }
}
