//! A call to this node whose arguments are bytes: blocking methods, and our own part of a broadcast.

use core::panic::AssertUnwindSafe;
use core::pin::pin;

use bytes::Bytes;
use futures::FutureExt as _;
use tokio::time::Instant;

use super::Failure;
use super::door::Door;
use crate::dispatch::{Admitted, AnyEntry, Inbound, panic_text};
use crate::state::State;
use crate::wire::{Answer, NotStarted};

/// Runs one row of a module here and gives the body of the reply.
pub(crate) async fn run(
    door: &Door,
    entry: &dyn AnyEntry,
    row: usize,
    args: Bytes,
    (state, now): (&State, Instant),
    place: Admitted,
) -> Result<Bytes, Failure> {
    let deadline = door.time_for(state, now)?;
    let call =
        Inbound { id: 0, body: args, args_at: 0, state: state.clone(), limits: door.limits, _place: place };
    let no_host = || NotStarted::NoHost { module: entry.name().to_owned() };
    let running = entry.start(row, call).ok_or_else(no_host)?;
    match door.admission.finish(deadline, pin!(AssertUnwindSafe(running).catch_unwind())).await {
        Ok(Ok(answer)) => Ok(Answer::into_body(answer)),
        Ok(Err(panic)) => Err(Failure::Panicked(panic_text(&*panic))),
        Err(reason) => Err(reason.into()),
    }
}
