use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};

use crate::wire::{Codec, DecodeError, Limits, Wire};

/// Named values of the user's own, kept as the bytes that travel.
#[derive(Clone, Default)]
pub(crate) struct Data {
    values: BTreeMap<String, Vec<u8>>,
    encoded: Vec<u8>,
}

/// A value could not be put into, or taken out of, a [`State`](crate::State).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The value cannot be encoded.
    #[error("the value `{name}` cannot be encoded: {reason}")]
    CannotEncode {
        /// The name it was to have.
        name: String,
        /// What stood in the way.
        reason: String,
    },
    /// There is a value of that name, but not of that type.
    #[error("the value `{name}` is not of the type asked for: {reason}")]
    OtherType {
        /// The name asked for.
        name: String,
        /// What the bytes had that the type has not.
        reason: String,
    },
    /// All the data of a state together may take 16 KiB when encoded.
    #[error("the data of a state may take {limit} bytes, not {size}")]
    TooLarge {
        /// Bytes it would take.
        size: usize,
        /// Bytes it may take.
        limit: usize,
    },
}

impl Data {
    /// Bytes that all the data of one state may take.
    pub(crate) const LIMIT: usize = 16 * 1024;

    pub(crate) fn with<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Result<Self, DataError> {
        let limits = Limits { message: Self::LIMIT, ..Limits::default() };
        let mut bytes = Vec::new();
        Wire::encode(value, &mut bytes, &limits)
            .map_err(|error| DataError::CannotEncode { name: name.to_owned(), reason: error.to_string() })?;
        self.values.insert(name.to_owned(), bytes);
        // Encoded once here rather than at each call: a state is made once and passed often.
        let mut encoded = Vec::new();
        let size = self.values.iter().map(|(name, bytes)| name.len() + bytes.len() + 8).sum();
        Wire::encode(&self.values, &mut encoded, &limits)
            .map_err(|_| DataError::TooLarge { size, limit: Self::LIMIT })?;
        self.encoded = encoded;
        Ok(self)
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DataError> {
        let Some(bytes) = self.values.get(name) else { return Ok(None) };
        Wire::decode(bytes, &Limits::default())
            .map(Some)
            .map_err(|error| DataError::OtherType { name: name.to_owned(), reason: error.to_string() })
    }

    pub(crate) fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let limits = Limits { message: Self::LIMIT, ..Limits::default() };
        Ok(Self { values: Wire::decode(bytes, &limits)?, encoded: bytes.to_vec() })
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.values.keys().map(String::as_str).collect()
    }
}
