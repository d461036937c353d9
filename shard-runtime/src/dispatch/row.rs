//! A row of the dispatch table: bytes in, bytes out, the types erased.

use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::any::{Any, TypeId};
use std::panic::catch_unwind;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use tracing::Span;

use super::adapt::Never;
use super::blocking::handle_blocking;
use super::boxed::Running;
use super::egress::Egress;
use super::elsewhere::{LARGE, elsewhere, reading};
use super::line::Line;
use super::method::{Argument, BlockingMethod, RemoteMethod, StreamMethod, UnaryMethod};
use super::outlet::{Finished, Outlet};
use super::plain::RunPlain;
use super::running::Admitted;
use super::within::Within;
use crate::state::State;
use crate::wire::{
    Answer, CannotTravel, DecodeError, EncodeError, Limits, NotStarted, SHORT, Shape, Unknown, combine,
};

/// A call as it reaches the table: the body of its frame, and what the runtime knows around it.
pub struct Inbound {
    /// The call's id on its link, which the answer repeats.
    pub(crate) id: u64,
    /// The whole body; the arguments borrow from it.
    pub(crate) body: Bytes,
    /// Where in the body the arguments begin.
    pub(crate) args_at: usize,
    /// The context that the handler sees.
    pub(crate) state: State,
    /// What the codec may take and make.
    pub(crate) limits: Limits,
    /// How long the reader of a stream may take nothing.
    pub(crate) patience: Duration,
    /// The span in which the handler runs.
    pub(crate) span: Option<Box<Span>>,
    /// Whether it runs in a task of the node's own, which may take a thread for itself.
    pub(crate) own_task: bool,
    /// The calls that wait to start on the node, of a method that has to wait for a thread.
    pub(crate) line: Option<Arc<Line>>,
    /// The handler's place among the running ones. A blocking one that has begun keeps it until it returns, whether or
    /// not its caller still waits.
    pub(crate) _place: Admitted,
}

impl Inbound {
    fn args<M: RemoteMethod>(&self) -> Result<M::Decoded<'_>, DecodeError> {
        (M::PASSAGE.decode_args)(self.args_bytes(), &self.limits)
    }

    /// The arguments as they came.
    pub(crate) fn args_bytes(&self) -> &[u8] {
        self.body.get(self.args_at..).unwrap_or_default()
    }
}

/// One method in the table of module `Mo`.
pub struct Row<Mo: 'static> {
    pub(crate) facts: Facts,
    pub(crate) shape: fn() -> Result<MethodShape, WontTravel>,
    pub(crate) start: Start<Mo>,
}

/// What is known of a method before it starts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) runs: Runs,
    /// Whether it runs to its end even if nobody waits for it.
    pub(crate) detached: bool,
}

/// How a method runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Runs {
    /// As a future, which may wait.
    #[default]
    AsFuture,
    /// At once: it never waits.
    AtOnce,
    /// On a thread that it occupies.
    OnThread,
    /// For as long as somebody reads the stream that it gives.
    AsStream,
}

/// What a row does with a call.
pub(crate) enum Start<Mo> {
    /// It answers.
    Answer(fn(Arc<Mo>, Inbound) -> Running),
    /// It answers at once.
    Plain(RunPlain<Mo>),
    /// It opens a stream. The answer is the stream's end; or that of the call, if it did not come to a stream.
    Stream(fn(Arc<Mo>, Inbound, Arc<dyn Egress>) -> Running),
}

/// The row of a method that may wait: it is polled once where its call was read.
#[must_use]
pub const fn row<M: UnaryMethod>() -> Row<M::Module> {
    Row {
        facts: Facts { name: M::NAME, runs: Runs::AsFuture, detached: M::DETACHED },
        shape: method_shape::<M>,
        start: Start::Answer(|module, call| Running::new(handle::<M>(module, call))),
    }
}

/// The row of a method that occupies its thread.
#[must_use]
pub const fn row_blocking<M: BlockingMethod>() -> Row<M::Module> {
    Row {
        facts: Facts { name: M::NAME, runs: Runs::OnThread, detached: M::DETACHED },
        shape: method_shape::<M>,
        start: Start::Answer(|module, call| Running::new(handle_blocking::<M>(module, call))),
    }
}

/// The row of a method that gives a stream.
#[must_use]
pub const fn row_stream<M: StreamMethod>() -> Row<M::Module> {
    Row {
        facts: Facts { name: M::NAME, runs: Runs::AsStream, detached: false },
        shape: stream_shape::<M>,
        start: Start::Stream(|module, call, to| Running::new(handle_stream::<M>(module, call, to))),
    }
}

#[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
fn handle<M: UnaryMethod>(
    module: Arc<M::Module>,
    mut call: Inbound,
) -> impl Future<Output = Answer> + Send + 'static {
    async move {
        let Inbound { id, limits, .. } = call;
        let span = call.span.take();
        let args = match decoded::<M>(&call) {
            Ok(args) => args,
            Err(reason) => return Answer::not_started(id, &reason),
        };
        let body = async { M::serve(&module, &call.state, args).await };
        match Within::new(span, AssertUnwindSafe(call.state.clone().scope(body)).catch_unwind()).await {
            Ok(result) => answer_of_any_size::<M>(id, result, limits).await,
            Err(panic) => Answer::panicked(id, &panic_text(&*panic)),
        }
    }
}

#[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
fn handle_stream<M: StreamMethod>(
    module: Arc<M::Module>,
    mut call: Inbound,
    to: Arc<dyn Egress>,
) -> impl Future<Output = Answer> + Send + 'static {
    async move {
        let Inbound { id, limits, patience, .. } = call;
        let span = call.span.take();
        let args = match decoded::<M>(&call) {
            Ok(args) => args,
            Err(reason) => return Answer::not_started(id, &reason),
        };
        let outlet = Outlet::new(to, id, limits, patience);
        let body = async { M::stream(&module, &call.state, args, outlet).await };
        match Within::new(span, AssertUnwindSafe(call.state.clone().scope(body)).catch_unwind()).await {
            Ok(Finished(answer)) => answer,
            Err(panic) => Answer::panicked(id, &panic_text(&*panic)),
        }
    }
}

/// Encodes the answer here if it is small. Whether it is shows only as it is encoded, so that what is not is begun anew
/// elsewhere: here may be the link's own task.
async fn answer_of_any_size<M: RemoteMethod>(
    id: u64,
    result: Result<M::Value, M::Error>,
    limits: Limits,
) -> Answer {
    if limits.message <= LARGE {
        return answer::<M>(id, &result, &limits);
    }
    match encoded::<M>(id, &result, &Limits { message: LARGE, ..limits }) {
        Ok(Err(error)) if may_only_be_large(&error) => {
            // Seldom, and not to be a part of every call's future.
            Box::pin(answer_elsewhere::<M>(id, result, limits)).await
        }
        encoded => as_answer(id, encoded),
    }
}

/// Whether an answer that was not to be large is one. The fewer bytes there may be the fewer elements, too.
pub(super) fn may_only_be_large(error: &EncodeError) -> bool {
    matches!(error, EncodeError::TooLarge { .. } | EncodeError::TooManyElements(_))
}

/// Encodes an answer that is large.
pub(super) async fn answer_elsewhere<M: RemoteMethod>(
    id: u64,
    result: Result<M::Value, M::Error>,
    limits: Limits,
) -> Answer {
    let answer = elsewhere(move || answer::<M>(id, &result, &limits)).await;
    answer.unwrap_or_else(|| Answer::unknown(id, &Unknown::Stopped))
}

pub(super) fn answer<M: RemoteMethod>(
    id: u64,
    result: &Result<M::Value, M::Error>,
    limits: &Limits,
) -> Answer {
    as_answer(id, encoded::<M>(id, result, limits))
}

type Encoded = Result<Result<Answer, EncodeError>, Box<dyn Any + Send>>;

/// The user's `Serialize` runs here, and what it throws is caught.
fn encoded<M: RemoteMethod>(id: u64, result: &Result<M::Value, M::Error>, limits: &Limits) -> Encoded {
    catch_unwind(AssertUnwindSafe(|| {
        let mut frame = Vec::with_capacity(SHORT);
        (M::PASSAGE.answer)(id, result, &mut frame, limits)?;
        Ok(Answer::from_frame(frame))
    }))
}

/// By now the method has run, so a failure is `Unknown`.
fn as_answer(id: u64, encoded: Encoded) -> Answer {
    match encoded {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Answer::unknown(id, &not_encoded(error)),
        Err(panic) => Answer::unknown(id, &Unknown::CannotEncodeReply(panic_text(&*panic))),
    }
}

/// Why a caller does not get what its method gave.
pub(crate) fn not_encoded(error: EncodeError) -> Unknown {
    match error {
        EncodeError::TooLarge { size, limit } => {
            Unknown::ReplyTooLarge { size: size as u64, limit: limit as u64 }
        }
        other => Unknown::CannotEncodeReply(other.to_string()),
    }
}

pub(super) fn decoded<M: RemoteMethod>(call: &Inbound) -> Result<M::Decoded<'_>, NotStarted> {
    // The user's `Deserialize` runs here, so that a panic in it is the caller's refusal, not our end.
    let decode = || catch_unwind(AssertUnwindSafe(|| call.args::<M>()));
    match reading(call.args_bytes(), call.own_task, decode) {
        Ok(args) => args.map_err(|error| not_decoded(M::NAME, error)),
        Err(panic) => Err(cannot_decode(M::NAME, &panic_text(&*panic))),
    }
}

/// Why a method does not get what its caller gave.
#[cold]
pub(super) fn not_decoded(method: &str, error: DecodeError) -> NotStarted {
    match error {
        DecodeError::TooLarge { size, limit } => {
            NotStarted::TooLarge { size: size as u64, limit: limit as u64 }
        }
        other => cannot_decode(method, &other.to_string()),
    }
}

#[cold]
pub(super) fn cannot_decode(method: &str, reason: &str) -> NotStarted {
    NotStarted::CannotDecode(format!("the arguments of `{method}`: {reason}"))
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}

/// The same, and the end of what was thrown: it is a user's value, and may throw as it goes.
#[cold]
pub(crate) fn panic_taken(panic: Box<dyn Any + Send>) -> String {
    let text = panic_text(&*panic);
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        // It is not asked again.
        core::mem::forget(again);
    }
    text
}

/// The shape of a method's arguments and result as one number, and the types in it that serde does
/// not show.
pub(crate) struct MethodShape {
    pub(crate) fingerprint: u64,
    pub(crate) opaque: Vec<String>,
}

/// A method whose arguments or result the encoding cannot carry.
pub(crate) struct WontTravel {
    /// The argument's name, or `None` for the result.
    pub(crate) argument: Option<Argument>,
    /// The result as written.
    pub(crate) written: &'static str,
    pub(crate) cause: CannotTravel,
}

pub(super) fn method_shape<M: RemoteMethod>() -> Result<MethodShape, WontTravel> {
    let shapes = &M::PASSAGE.shapes;
    let args = (shapes.args)().map_err(|cause| WontTravel {
        argument: argument_at(&cause.path).and_then(|index| M::ARGUMENTS.get(index)).copied(),
        written: M::WRITTEN,
        cause,
    })?;
    let result = |cause| WontTravel { argument: None, written: M::WRITTEN, cause };
    let value = (shapes.value)().map_err(result)?;
    // A method without an error has none to compare, and nothing to say about it in the log.
    let error = if TypeId::of::<M::Error>() == TypeId::of::<Never>() {
        Shape { fingerprint: 0, opaque: Vec::new() }
    } else {
        (shapes.error)().map_err(result)?
    };
    let mut opaque = args.opaque;
    opaque.extend(value.opaque);
    opaque.extend(error.opaque);
    Ok(MethodShape { fingerprint: combine(args.fingerprint, value.fingerprint, error.fingerprint), opaque })
}

/// A stream of values is not called as a method that gives one.
fn stream_shape<M: RemoteMethod>() -> Result<MethodShape, WontTravel> {
    let item = method_shape::<M>()?;
    Ok(MethodShape { fingerprint: stream_fingerprint(item.fingerprint), ..item })
}

/// The fingerprint of a method that gives a stream, from that of one that gives an item.
pub(crate) fn stream_fingerprint(item: u64) -> u64 {
    /// "stream", as a number that no part of a shape is.
    const STREAM: u64 = u64::from_le_bytes(*b"stream\0\0");
    combine(item, STREAM, 0)
}

/// The position in the tuple of arguments where a path ends, which is told from the inside out: `1` in
/// ``field `pos` of `Player`, in element 1 of `(&str, Player)` ``.
fn argument_at(path: &str) -> Option<usize> {
    let (_, tail) = path.rsplit_once("element ")?;
    tail.split(' ').next()?.parse().ok()
}
