use serde::de::DeserializeOwned;

use super::Failure;
use crate::wire::{Codec as _, Limits, Reply, Unknown, Wire};

/// What the body of a reply says, in the method's own types.
pub(crate) fn outcome_of<T: DeserializeOwned, E: DeserializeOwned>(
    body: &[u8],
    limits: &Limits,
) -> Result<Result<T, E>, Failure> {
    let undecodable = |error: &dyn core::fmt::Display| Failure::from(Unknown::Undecodable(error.to_string()));
    match Reply::read(body).map_err(|error| undecodable(&error))? {
        Reply::Value(bytes) => Wire::decode(bytes, limits).map(Ok).map_err(|error| undecodable(&error)),
        Reply::Module(bytes) => Wire::decode(bytes, limits).map(Err).map_err(|error| undecodable(&error)),
        Reply::Panicked(message) => Err(Failure::Panicked(message.into())),
        Reply::NotStarted(reason) => Err(reason.into()),
        Reply::Unknown(reason) => Err(reason.into()),
    }
}
