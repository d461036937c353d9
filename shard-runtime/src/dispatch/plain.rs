//! Methods that never wait: they run where their call was read, and answer into the buffer that leaves. There is no
//! future of such a call, and it allocates nothing.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;

use tracing::Span;

use super::boxed::Running;
use super::elsewhere::{LARGE, reading};
use super::method::PlainMethod;
use super::row::{
    Facts, Inbound, Row, Runs, Start, answer_elsewhere, cannot_decode, may_only_be_large, method_shape,
    not_decoded, not_encoded, panic_taken,
};
use crate::state::State;
use crate::wire::{Answer, Limits, NotStarted, SHORT, Unknown};

/// A call of such a method.
#[derive(Clone, Copy)]
pub(crate) struct AtOnce<'a> {
    /// The call's id on its link, which the answer repeats.
    pub(crate) id: u64,
    /// The arguments as they came.
    pub(crate) args: &'a [u8],
    /// The context that the handler sees.
    pub(crate) state: &'a State,
    /// What the codec may take and make.
    pub(crate) limits: &'a Limits,
    /// The span in which the handler runs.
    pub(crate) span: Option<&'a Span>,
    /// Whether it runs in a task of the node's own, which may take a thread for itself.
    pub(crate) own_task: bool,
}

/// Runs a call, and appends the frame that answers it. An answer that is large is what comes back instead, still to be
/// encoded.
pub(crate) type RunPlain<Mo> = fn(&Mo, &AtOnce<'_>, &mut Vec<u8>) -> Option<Running>;

/// The row of a method that never waits.
#[must_use]
pub const fn row_plain<M: PlainMethod>() -> Row<M::Module> {
    Row {
        facts: Facts { name: M::NAME, runs: Runs::AtOnce, detached: M::DETACHED },
        shape: method_shape::<M>,
        start: Start::Plain(run::<M>),
    }
}

/// How far a call has come, for what is said of a panic.
enum Step {
    Decoding,
    Running,
    Answering,
}

fn run<M: PlainMethod>(module: &M::Module, call: &AtOnce<'_>, out: &mut Vec<u8>) -> Option<Running> {
    let (id, limits) = (call.id, call.limits);
    let start = out.len();
    let mut step = Step::Decoding;
    // One for all that is the user's: what each part throws means something else.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let decode = || (M::PASSAGE.decode_args)(call.args, limits);
        let args = match reading(call.args, call.own_task, decode) {
            Ok(args) => args,
            Err(error) => {
                not_started(id, &not_decoded(M::NAME, error), out);
                return None;
            }
        };
        step = Step::Running;
        let result = {
            let _entered = call.span.map(Span::enter);
            call.state.clone().scope_blocking(|| M::run(module, call.state, args))
        };
        step = Step::Answering;
        let small = Limits { message: limits.message.min(LARGE), ..*limits };
        let answered = (M::PASSAGE.answer)(id, &result, out, &small);
        // What is left is the drop of what it returned.
        step = Step::Running;
        match answered {
            Ok(()) => None,
            Err(error) if limits.message > LARGE && may_only_be_large(&error) => {
                Some(Running::new(answer_elsewhere::<M>(id, result, *limits)))
            }
            Err(error) => {
                unknown(id, &not_encoded(error), out);
                None
            }
        }
    }));
    ended.unwrap_or_else(|panic| {
        out.truncate(start);
        threw(&step, M::NAME, (id, &panic_taken(panic)), out);
        None
    })
}

#[cold]
fn threw(step: &Step, method: &str, (id, text): (u64, &str), out: &mut Vec<u8>) {
    match step {
        Step::Decoding => not_started(id, &cannot_decode(method, text), out),
        Step::Running => out.extend_from_slice(Answer::panicked(id, text).as_bytes()),
        Step::Answering => unknown(id, &Unknown::CannotEncodeReply(text.to_owned()), out),
    }
}

#[cold]
fn not_started(id: u64, reason: &NotStarted, out: &mut Vec<u8>) {
    out.extend_from_slice(Answer::not_started(id, reason).as_bytes());
}

#[cold]
fn unknown(id: u64, reason: &Unknown, out: &mut Vec<u8>) {
    out.extend_from_slice(Answer::unknown(id, reason).as_bytes());
}

/// The same as a future, for whoever has to wait before it may begin.
pub(super) async fn handle_plain<Mo>(module: Arc<Mo>, call: Inbound, run: RunPlain<Mo>) -> Answer {
    let mut frame = Vec::with_capacity(SHORT);
    let at_once = AtOnce {
        id: call.id,
        args: call.args_bytes(),
        state: &call.state,
        limits: &call.limits,
        span: call.span.as_deref(),
        own_task: call.own_task,
    };
    match run(&module, &at_once, &mut frame) {
        Some(rest) => rest.await,
        None => Answer::from_frame(frame),
    }
}
