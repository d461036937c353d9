//! Who is asking.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use shard_runtime::State;

use crate::answer::Failure;

/// The player of a request.
///
/// This stands where a real gateway checks a session or a bearer token. Whatever it does, from here on the
/// player's name is taken as proved: it becomes the actor of every call.
pub(crate) struct Player(pub(crate) String);

impl Player {
    pub(crate) fn state(&self) -> State {
        State::new().with_actor(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for Player {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let name = parts.headers.get("x-player").and_then(|name| name.to_str().ok());
        match name.filter(|name| !name.is_empty()) {
            Some(name) => Ok(Self(name.to_owned())),
            None => Err(Failure::new(StatusCode::UNAUTHORIZED, "say who you are in `x-player`")),
        }
    }
}
