//! What a subscriber of `tracing` sees of calls: see [observing](crate::guide::calls).

use tracing::{Span, field};

use super::{CallError, Failure};
use crate::state::State;

/// The span of a call on the caller's side.
pub(super) fn of_call(service: &str, method: &str, state: &State) -> Span {
    let Some(trace) = state.trace().filter(|_| is_enabled()) else { return Span::none() };
    let span = tracing::debug_span!(
        target: "shard::call",
        "call",
        rpc.system = "shard",
        rpc.service = service,
        rpc.method = method,
        shard.key = %state.key(),
        shard.outcome = field::Empty,
        trace_id = %Hex(&trace.trace_id()),
        span_id = %Hex(&trace.span_id()),
        parent_id = field::Empty,
    );
    if let Some(parent) = state.parent_span() {
        span.record("parent_id", field::display(Hex(&parent)));
    }
    span
}

/// The span of a call on the callee's side.
pub(crate) fn of_handler(service: &str, method: &str, state: &State) -> Span {
    let Some(trace) = state.trace().filter(|_| is_enabled()) else { return Span::none() };
    let span = tracing::debug_span!(
        target: "shard::call",
        "handle",
        rpc.system = "shard",
        rpc.service = service,
        rpc.method = method,
        shard.key = %state.key(),
        shard.caller = field::Empty,
        trace_id = %Hex(&trace.trace_id()),
        span_id = %Hex(&trace.span_id()),
        parent_id = field::Empty,
    );
    if let Some(caller) = state.caller() {
        span.record("shard.caller", field::display(caller));
    }
    if let Some(parent) = state.parent_span() {
        span.record("parent_id", field::display(Hex(&parent)));
    }
    span
}

/// Whether anybody wants to see the spans of calls. Nothing is drawn and nothing is made for nobody.
#[inline]
pub(crate) fn is_enabled() -> bool {
    tracing::span_enabled!(target: "shard::call", tracing::Level::DEBUG)
}

/// Notes in a span how its call ended.
pub(super) fn note<T, E>(span: &Span, outcome: &Result<T, CallError<E>>) {
    if span.is_disabled() {
        return;
    }
    let outcome = match outcome {
        Ok(_) => "ok",
        Err(CallError::Module { .. }) => "module",
        Err(CallError::Panicked { .. }) => "panicked",
        Err(CallError::NotStarted { .. }) => "not_started",
        Err(CallError::Unknown { .. }) => "unknown",
    };
    span.record("shard.outcome", outcome);
}

/// The same of one node's part in a broadcast.
pub(super) fn note_one<T, E>(span: &Span, outcome: &Result<Result<T, E>, Failure>) {
    if span.is_disabled() {
        return;
    }
    let outcome = match outcome {
        Ok(Ok(_)) => "ok",
        Ok(Err(_)) => "module",
        Err(Failure::Panicked(_)) => "panicked",
        Err(Failure::NotStarted(_)) => "not_started",
        Err(Failure::Unknown(_)) => "unknown",
    };
    span.record("shard.outcome", outcome);
}

/// An id of a trace, as the W3C writes it.
struct Hex<'a>(&'a [u8]);

impl core::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
