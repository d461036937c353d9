//! What a client is told when something fails: a status, and whether it may try again.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shard_runtime::{CallError, Error, NotStarted};

use crate::arena::ArenaError;

pub(crate) struct Failure {
    status: StatusCode,
    error: String,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into() }
    }
}

/// No shard, so no call was made.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error {
            // One answer for all that can be wrong with a token: whoever tries tokens out learns nothing.
            Error::Token(_) => StatusCode::FORBIDDEN,
            Error::Key(_) => StatusCode::BAD_REQUEST,
            Error::NoHost { .. } | Error::NotReady | Error::Draining => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

/// A call was made, and the kind of its failure says what the client may do.
impl From<CallError<ArenaError>> for Failure {
    fn from(error: CallError<ArenaError>) -> Self {
        let status = match &error {
            // The game said no.
            CallError::Module { error: ArenaError::Full, .. } => StatusCode::CONFLICT,
            CallError::Module { error: ArenaError::NotHere, .. } => StatusCode::NOT_FOUND,
            // The arena went with its node: enter it again, and it is somewhere else.
            CallError::NotStarted { reason: NotStarted::BootGone, .. } => StatusCode::GONE,
            // Nothing has happened: the same request may be made again.
            CallError::NotStarted { .. } => StatusCode::SERVICE_UNAVAILABLE,
            // It may have happened: look before making the request again.
            CallError::Unknown { .. } => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.error }))).into_response()
    }
}
