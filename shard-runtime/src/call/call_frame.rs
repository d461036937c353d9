//! The frame of a call, from its context and its arguments.

use core::time::Duration;

use tokio::time::Instant;

use super::outbox::Stamp;
use crate::dispatch::RowNumber;
use crate::membership::Boot;
use crate::state::State;
use crate::wire::{CallHead, EncodeError, FrameKind, HEADER_LEN, NotStarted, Owner, begin_frame, end_frame};

/// Writes the frame into `frame`, which is empty. Where in it the remaining time stands is told with it, since that is
/// known when it leaves.
pub(super) fn call_frame(
    frame: &mut Vec<u8>,
    id: u64,
    (row, boot): (RowNumber, Boot),
    state: &State,
    deadline: Instant,
    (owner, patience): (Option<Owner>, Option<Duration>),
    args: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<Stamp, NotStarted> {
    let trace = trace_of(state);
    let head = CallHead {
        row: row.0,
        boot: boot.get(),
        // Told when the frame is written: until then the time runs.
        remaining: Some(0),
        owner,
        patience: patience.map(|patience| u64::try_from(patience.as_micros()).unwrap_or(u64::MAX)),
        ..about(state, trace.as_deref())
    };
    let start = begin_frame(frame, FrameKind::Call, id);
    head.write(frame).map_err(|_| too_long())?;
    args(frame).map_err(encode_failure)?;
    end_frame(frame, start).map_err(|error| NotStarted::CannotEncode(error.to_string()))?;
    Ok(Stamp { at: HEADER_LEN + head.remaining_at(), deadline })
}

/// What the state says in the head of a call.
fn about<'a>(state: &'a State, trace: Option<&'a [u8]>) -> CallHead<'a> {
    CallHead {
        row: 0,
        boot: 0,
        remaining: None,
        depth: state.depth(),
        key: state.key().wire(),
        actor: state.actor(),
        data: state.raw_data(),
        owner: None,
        trace,
        patience: None,
    }
}

fn trace_of(state: &State) -> Option<Vec<u8>> {
    state.trace().map(|context| {
        let mut bytes = Vec::with_capacity(32);
        context.to_wire(&mut bytes);
        bytes
    })
}

/// Whether a call in this context could be sent.
pub(super) fn check_head(state: &State) -> Result<(), NotStarted> {
    let trace = trace_of(state);
    about(state, trace.as_deref()).write(&mut Vec::new()).map_err(|_| too_long())
}

fn too_long() -> NotStarted {
    NotStarted::CannotEncode("the actor's name, the key or the state's data is too long".to_owned())
}

pub(crate) fn encode_failure(error: EncodeError) -> NotStarted {
    match error {
        EncodeError::TooLarge { size, limit } => {
            NotStarted::TooLarge { size: size as u64, limit: limit as u64 }
        }
        other => NotStarted::CannotEncode(other.to_string()),
    }
}
