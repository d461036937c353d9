//! The one file that knows bincode: standard configuration, little-endian, variable-length integers.

use bincode::config;
use bincode::enc::write::Writer;
use bincode::error::{DecodeError as Unread, EncodeError as Unwritten};
use serde::{Deserialize, Serialize};

use super::codec::{Codec, DecodeError, EncodeError};
use super::guard::{Guarded, GuardedSeed, Meter, Trip};
use super::limits::Limits;

/// bincode 2 behind the guard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bincode;

impl Codec for Bincode {
    #[inline]
    fn encode<T>(value: &T, out: &mut Vec<u8>, limits: &Limits) -> Result<(), EncodeError>
    where
        T: Serialize + ?Sized,
    {
        let start = out.len();
        let meter = Meter::new(limits, limits.message);
        let writer = Bounded { out, left: limits.message, limit: limits.message, meter: &meter };
        let result =
            bincode::serde::encode_into_writer(Guarded::new(value, &meter), writer, config::standard());
        let written = out.len().saturating_sub(start);
        let failure = match (meter.tripped(), result) {
            (Some(trip), _) => refused_to_write(trip),
            (None, Err(error)) => unwritten(error),
            // The reader grants as many elements as there are bytes, and only now is it known how many.
            (None, Ok(())) if meter.claimed() > limits.elements.max(written) => {
                EncodeError::TooManyElements(limits.elements.max(written))
            }
            (None, Ok(())) => return Ok(()),
        };
        out.truncate(start);
        Err(failure)
    }

    #[inline]
    fn decode<'de, T>(bytes: &'de [u8], limits: &Limits) -> Result<T, DecodeError>
    where
        T: Deserialize<'de>,
    {
        if bytes.len() > limits.message {
            return Err(DecodeError::TooLarge { size: bytes.len(), limit: limits.message });
        }
        let meter = Meter::new(limits, bytes.len());
        let seed = GuardedSeed::<T>::new(&meter);
        let result = bincode::serde::seed_decode_from_slice(seed, bytes, config::standard());
        if let Some(trip) = meter.tripped() {
            return Err(refused_to_read(trip));
        }
        let (value, read) = result.map_err(unread)?;
        match bytes.len().saturating_sub(read) {
            0 => Ok(value),
            left => Err(DecodeError::Trailing(left)),
        }
    }
}

/// Appends until the message is as long as it may be.
struct Bounded<'w> {
    out: &'w mut Vec<u8>,
    left: usize,
    limit: usize,
    meter: &'w Meter,
}

impl Writer for Bounded<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        if bytes.len() > self.left {
            return Err(self.too_large(bytes.len()));
        }
        self.left = self.left.saturating_sub(bytes.len());
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}

impl Bounded<'_> {
    #[cold]
    fn too_large(&self, more: usize) -> Unwritten {
        let size = self.limit.saturating_sub(self.left).saturating_add(more);
        self.meter.trip(Trip::TooLarge { size, limit: self.limit });
        Unwritten::UnexpectedEnd
    }
}

#[cold]
fn refused_to_write(trip: Trip) -> EncodeError {
    match trip {
        Trip::TooDeep(limit) => EncodeError::TooDeep(limit),
        Trip::TooManyElements(limit) => EncodeError::TooManyElements(limit),
        Trip::TooLarge { size, limit } => EncodeError::TooLarge { size, limit },
        other => EncodeError::Unsupported(unsupported(other)),
    }
}

#[cold]
fn refused_to_read(trip: Trip) -> DecodeError {
    match trip {
        Trip::TooDeep(limit) => DecodeError::TooDeep(limit),
        Trip::TooManyElements(limit) => DecodeError::TooManyElements(limit),
        Trip::TooLarge { size, limit } => DecodeError::TooLarge { size, limit },
        other => DecodeError::Unsupported(unsupported(other)),
    }
}

fn unsupported(trip: Trip) -> String {
    match trip {
        Trip::SkippedField(field) => {
            format!(
                "`skip_serializing_if` left out field `{field}`, and without names its place cannot stay empty"
            )
        }
        Trip::WrongLength => "a sequence or map wrote another number of elements than it announced".into(),
        _ => "a sequence or map does not know its length in advance (`flatten` does this)".into(),
    }
}

#[cold]
fn unwritten(error: Unwritten) -> EncodeError {
    match error {
        Unwritten::OtherString(text) => EncodeError::Other(text),
        Unwritten::Other(text) => EncodeError::Other(text.into()),
        Unwritten::Serde(error) => EncodeError::Unsupported(format!("{error:?}")),
        other => EncodeError::Other(other.to_string()),
    }
}

#[cold]
fn unread(error: Unread) -> DecodeError {
    use bincode::serde::DecodeError as Serde;

    match error {
        Unread::UnexpectedEnd { .. } => DecodeError::Ended,
        Unread::Utf8 { inner } => DecodeError::Other(format!("a text is not UTF-8: {inner}")),
        Unread::OtherString(text) => DecodeError::Other(text),
        Unread::Other(text) => DecodeError::Other(text.into()),
        Unread::Serde(Serde::AnyNotSupported | Serde::IgnoredAnyNotSupported) => DecodeError::Unsupported(
            "the type wants to be told what comes next (`flatten`, `untagged`, `tag` and such do this)"
                .into(),
        ),
        Unread::Serde(Serde::IdentifierNotSupported) => {
            DecodeError::Unsupported("the type asks for the name of a field".into())
        }
        Unread::Serde(error) => DecodeError::Unsupported(format!("{error:?}")),
        other => DecodeError::Other(other.to_string()),
    }
}
