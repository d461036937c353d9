use super::Failure;
use crate::dispatch::OutcomePassage;
use crate::wire::{Limits, Reply, Unknown};

/// What the body of a reply says, in the method's own types.
pub(crate) fn outcome_of<T, E>(
    passage: OutcomePassage<T, E>,
    body: &[u8],
    limits: &Limits,
) -> Result<Result<T, E>, Failure> {
    let undecodable = |error: &dyn core::fmt::Display| Failure::from(Unknown::Undecodable(error.to_string()));
    match Reply::read(body).map_err(|error| undecodable(&error))? {
        Reply::Value(bytes) => (passage.value)(bytes, limits).map(Ok).map_err(|error| undecodable(&error)),
        Reply::Module(bytes) => (passage.error)(bytes, limits).map(Err).map_err(|error| undecodable(&error)),
        Reply::Panicked(message) => Err(Failure::Panicked(message.into())),
        Reply::NotStarted(reason) => Err(reason.into()),
        Reply::Unknown(reason) => Err(reason.into()),
    }
}
