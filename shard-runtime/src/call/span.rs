//! What a subscriber of `tracing` sees of calls: see [observing](crate::guide::calls).

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tracing::{Span, field};

use super::CallError;
use crate::state::State;

pin_project! {
    /// A call in its span on the caller's side, which is told how it ended.
    pub(super) struct Spanned<F> {
        #[pin]
        call: F,
        span: Option<Box<Span>>,
    }
}

/// `traced`: its context, if that is a part of a trace.
#[inline]
pub(super) fn within<F>((service, method): (&str, &str), traced: Option<&State>, call: F) -> Spanned<F> {
    Spanned { call, span: traced.and_then(|state| of_call(service, method, state)) }
}

impl<F, T, E> Future for Spanned<F>
where
    F: Future<Output = Result<T, CallError<E>>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(span) = this.span else { return this.call.poll(cx) };
        let _entered = span.enter();
        let ended = ready!(this.call.poll(cx));
        note(span, &ended);
        Poll::Ready(ended)
    }
}

fn of_call(service: &str, method: &str, state: &State) -> Option<Box<Span>> {
    let trace = state.trace().filter(|_| is_enabled())?;
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
    Some(Box::new(span))
}

/// The span of a call on the callee's side.
pub(crate) fn of_handler(service: &str, method: &str, state: &State) -> Option<Box<Span>> {
    let trace = state.trace().filter(|_| is_enabled())?;
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
    Some(Box::new(span))
}

/// Whether anybody wants to see the spans of calls. Nothing is drawn and nothing is made for nobody.
#[inline]
pub(crate) fn is_enabled() -> bool {
    tracing::span_enabled!(target: "shard::call", tracing::Level::DEBUG)
}

/// Notes in a span how its call ended.
fn note<T, E>(span: &Span, outcome: &Result<T, CallError<E>>) {
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

/// An id of a trace, as the W3C writes it.
struct Hex<'a>(&'a [u8]);

impl core::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
