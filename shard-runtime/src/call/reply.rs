use super::Failure;
use crate::dispatch::{LARGE, OutcomePassage, elsewhere};
use crate::wire::{Body, DecodeError, Limits, Reply, Unknown};

/// What the body of a reply says, in the method's own types. Unless it is large it is read here.
#[expect(
    clippy::manual_async_fn,
    reason = "it would hold what it is given twice, and is a part of every call"
)]
pub(crate) fn outcome_of_any_size<T: Send + 'static, E: Send + 'static>(
    passage: OutcomePassage<T, E>,
    body: Body,
    limits: Limits,
) -> impl Future<Output = Result<Result<T, E>, Failure>> + Send {
    async move {
        if body.len() <= LARGE {
            return outcome_of(passage, &body, &limits);
        }
        // Seldom, and not to be a part of every call's future.
        let outcome = Box::pin(elsewhere(move || outcome_of(passage, &body, &limits))).await;
        outcome.unwrap_or(Err(Failure::Unknown(Unknown::Stopped)))
    }
}

pub(super) fn outcome_of<T, E>(
    passage: OutcomePassage<T, E>,
    body: &[u8],
    limits: &Limits,
) -> Result<Result<T, E>, Failure> {
    match Reply::read(body).map_err(|error| Unknown::Undecodable(error.to_string()))? {
        Reply::Value(bytes) => (passage.value)(bytes, limits).map(Ok).map_err(undecodable),
        Reply::Module(bytes) => (passage.error)(bytes, limits).map(Err).map_err(undecodable),
        Reply::Panicked(message) => Err(Failure::Panicked(message.into())),
        Reply::NotStarted(reason) => Err(reason.into()),
        Reply::Unknown(reason) => Err(reason.into()),
    }
}

/// What the body of a reply says of a stream that was to be opened.
pub(crate) fn opened_by<T, E>(
    passage: OutcomePassage<T, E>,
    body: &[u8],
    limits: &Limits,
) -> Result<Result<(), E>, Failure> {
    match Reply::read(body) {
        Ok(Reply::Value(_)) => Ok(Ok(())),
        _ => match outcome_of(passage, body, limits)? {
            Ok(_) => Ok(Ok(())),
            Err(error) => Ok(Err(error)),
        },
    }
}

fn undecodable(error: DecodeError) -> Failure {
    match error {
        DecodeError::TooLarge { size, limit } => {
            Unknown::ReplyTooLarge { size: size as u64, limit: limit as u64 }.into()
        }
        other => Unknown::Undecodable(other.to_string()).into(),
    }
}
