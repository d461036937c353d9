//! The frame of a call, from its context and its arguments.

use core::time::Duration;

use super::door::Outgoing;
use crate::dispatch::RowNumber;
use crate::membership::Boot;
use crate::state::Told;
use crate::wire::{CallHead, EncodeError, FrameKind, HEADER_LEN, NotStarted, begin_frame, end_frame};

/// Writes the frame into `frame`, which is empty, and tells where in it the remaining time stands: that is known when
/// it leaves.
pub(super) fn call_frame(
    frame: &mut Vec<u8>,
    id: u64,
    (row, boot): (RowNumber, Boot),
    call: &Outgoing<'_>,
    patience: Option<Duration>,
    args: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<usize, NotStarted> {
    let trace = trace_of(&call.told);
    let head = CallHead {
        row: row.0,
        boot: boot.get(),
        // Told when the frame is written: until then the time runs.
        remaining: Some(0),
        owner: call.owner,
        patience: patience.map(|patience| u64::try_from(patience.as_micros()).unwrap_or(u64::MAX)),
        ..about(&call.told, trace.as_deref())
    };
    let start = begin_frame(frame, FrameKind::Call, id);
    head.write(frame).map_err(|_| too_long())?;
    args(frame).map_err(encode_failure)?;
    end_frame(frame, start).map_err(|error| NotStarted::CannotEncode(error.to_string()))?;
    Ok(HEADER_LEN + head.remaining_at())
}

/// What the context says in the head of a call.
fn about<'a>(told: &Told<'a>, trace: Option<&'a [u8]>) -> CallHead<'a> {
    let Told { depth, key, actor, data, .. } = *told;
    CallHead { row: 0, boot: 0, remaining: None, depth, key, actor, data, owner: None, trace, patience: None }
}

fn trace_of(told: &Told<'_>) -> Option<Vec<u8>> {
    told.trace.map(|context| {
        let mut bytes = Vec::with_capacity(32);
        context.to_wire(&mut bytes);
        bytes
    })
}

/// Whether a call in this context could be sent.
pub(super) fn check_head(told: &Told<'_>) -> Result<(), NotStarted> {
    let trace = trace_of(told);
    about(told, trace.as_deref()).write(&mut Vec::new()).map_err(|_| too_long())
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
