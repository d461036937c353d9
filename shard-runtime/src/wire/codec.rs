//! Values to bytes and back, whichever library does it.

use serde::{Deserialize, Serialize};

use super::limits::Limits;

/// A binary encoding of serde values: compact, without names, and safe to feed with anything.
pub(crate) trait Codec {
    /// Appends the encoding of `value` to `out`. On failure `out` is what it was before.
    fn encode<T>(value: &T, out: &mut Vec<u8>, limits: &Limits) -> Result<(), EncodeError>
    where
        T: Serialize + ?Sized;

    /// Reads one value that takes up all of `bytes`; texts and byte strings may borrow from them.
    fn decode<'de, T>(bytes: &'de [u8], limits: &Limits) -> Result<T, DecodeError>
    where
        T: Deserialize<'de>;
}

/// Why a value did not become bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum EncodeError {
    /// Writing stopped at `size` bytes, so the whole value is at least that long.
    #[error("the value takes {size} bytes or more, the limit is {limit}")]
    TooLarge { size: usize, limit: usize },
    #[error("the value nests more than {0} levels deep")]
    TooDeep(u32),
    #[error("the value has more than {0} elements")]
    TooManyElements(usize),
    /// The type uses something that an encoding without names and types cannot carry.
    #[error("the encoding cannot carry this: {0}")]
    Unsupported(String),
    #[error("{0}")]
    Other(String),
}

/// Why bytes did not become a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DecodeError {
    #[error("the message has {size} bytes, the limit is {limit}")]
    TooLarge { size: usize, limit: usize },
    #[error("the value nests more than {0} levels deep")]
    TooDeep(u32),
    #[error("the value claims more than {0} elements")]
    TooManyElements(usize),
    /// That many bytes are left over behind the value.
    #[error("{0} bytes are left over behind the value")]
    Trailing(usize),
    #[error("the bytes end before the value does")]
    Ended,
    /// The type uses something that an encoding without names and types cannot carry.
    #[error("the encoding cannot carry this: {0}")]
    Unsupported(String),
    #[error("{0}")]
    Other(String),
}
