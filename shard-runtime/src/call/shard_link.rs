//! The one door that all methods of a shard's proxy go through.

use core::future::{Future, ready};
use core::panic::AssertUnwindSafe;
use core::pin::{Pin, pin};
use core::time::Duration;
use std::sync::Arc;

use futures::FutureExt as _;

use super::direct::{Direct, Ended, Plain, Tried};
use super::incoming::Incoming;
use super::inflow::Inflow;
use super::reply::{opened_by, outcome_of, outcome_of_any_size};
use super::rounds::{Round, Untyped};
use super::shard_core::{ShardCore, Target};
use super::tries::Tries;
use super::{CallError, Failure, Method, span};
use crate::dispatch::{BlockingMethod, Entry, PlainMethod, RemoteMethod, StreamMethod, UnaryMethod};
use crate::state::{Entering, State};
use crate::wire::{Body, EncodeError};

/// A shard's way to its module, here or elsewhere.
pub struct ShardLink<Mo: 'static> {
    pub(super) core: Arc<ShardCore>,
    pub(super) entry: Arc<Entry<Mo>>,
    /// How long a call may take, if that was said.
    timeout: Option<Duration>,
}

impl<Mo> Clone for ShardLink<Mo> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), entry: Arc::clone(&self.entry), timeout: self.timeout }
    }
}

impl<Mo: Send + Sync + 'static> ShardLink<Mo> {
    pub(crate) fn new(core: ShardCore, entry: Arc<Entry<Mo>>) -> Self {
        Self { core: Arc::new(core), entry, timeout: None }
    }

    /// What the shard is.
    #[must_use]
    pub fn core(&self) -> &ShardCore {
        &self.core
    }

    /// The same way, on which calls may take so long.
    #[must_use]
    pub fn timeout(&self, after: Duration) -> Self {
        Self { timeout: Some(after), ..self.clone() }
    }

    /// The context of a call that is made in `state`.
    #[must_use]
    pub fn enter<M: RemoteMethod>(&self, state: &State) -> Entering {
        self.core.enter(state, self.timeout.or(M::TIMEOUT))
    }

    /// The context of a call that is made in the task's own.
    #[must_use]
    pub fn current<M: RemoteMethod>(&self) -> Entering {
        self.core.enter_current(self.timeout.or(M::TIMEOUT))
    }

    /// Calls a method: `local` runs it when the shard is here, without encoding anything; else the
    /// arguments are encoded and sent.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub fn call<'a, M, F, Fut>(
        &'a self,
        call: &'a Entering,
        args: M::Args<'a>,
        local: F,
    ) -> impl Future<Output = Result<M::Value, CallError<M::Error>>> + use<'a, M, F, Fut, Mo>
    where
        M: UnaryMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &'a State, M::Args<'a>) -> Fut,
        Fut: Future<Output = Result<M::Value, M::Error>>,
    {
        let here = |_: &'a Self, _: &'a Entering, args, local| Err((args, local));
        let ways = (here, Self::call_in_whole::<M, F, Fut>);
        let direct = Direct::<M, _, _, _, _>::new((self, call), (args, local), ways);
        span::within((self.core.module, M::NAME), call.traced(), direct)
    }

    /// Calls a method that never waits: `local` runs it at once when the shard is here.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub fn call_plain<'a, M, F>(
        &'a self,
        call: &'a Entering,
        args: M::Args<'a>,
        local: F,
    ) -> impl Future<Output = Result<M::Value, CallError<M::Error>>> + use<'a, M, F, Mo>
    where
        M: PlainMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &State, M::Args<'a>) -> Result<M::Value, M::Error> + Send + 'a,
    {
        // Here and now if it can be: this is called when the proxy's future is polled.
        if call.traced().is_none()
            && let Some(module) = self.in_place()
            && let Some((_place, state)) = self.core.begin_here(call)
        {
            return Plain::Done {
                ended: Some(self.core.run_plain(&state, |state| local(module, state, args))),
            };
        }
        let ways = (Self::run_plain::<M, F>, Self::call_plain_in_whole::<M, F>);
        let direct = Direct::<M, _, _, _, _>::new((self, call), (args, local), ways);
        let future = span::within((self.core.module, M::NAME), call.traced(), direct);
        Plain::Way { future }
    }

    /// Runs a method that never waits, if nothing keeps it from beginning here and now.
    fn run_plain<'a, M, F>(
        &'a self,
        call: &'a Entering,
        args: M::Args<'a>,
        local: F,
    ) -> Result<Ended<M>, (M::Args<'a>, F)>
    where
        M: PlainMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &State, M::Args<'a>) -> Result<M::Value, M::Error>,
    {
        let Some(module) = self.in_place() else { return Err((args, local)) };
        let Some((_place, state)) = self.core.begin_here(call) else { return Err((args, local)) };
        Ok(self.core.run_plain(&state, |state| local(module, state, args)))
    }

    /// In a box, since it seldom comes to that.
    fn call_plain_in_whole<'a, M, F>(
        &'a self,
        call: &'a Entering,
        args: M::Args<'a>,
        local: F,
        tried: Option<Tried>,
    ) -> Pin<Box<dyn Future<Output = Ended<M>> + Send + 'a>>
    where
        M: PlainMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &State, M::Args<'a>) -> Result<M::Value, M::Error> + Send + 'a,
    {
        let local = |module, state: &State, args| ready(local(module, state, args));
        Box::pin(self.call_in_whole::<M, _, _>(call, args, local, tried))
    }

    /// Makes the call wherever it has to be made, and as often. `before`: it has been sent once already, or could not be,
    /// and that came of it.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn call_in_whole<'a, M, F, Fut>(
        &'a self,
        call: &'a Entering,
        args: M::Args<'a>,
        local: F,
        before: Option<Tried>,
    ) -> impl Future<Output = Ended<M>> + use<'a, M, F, Fut, Mo>
    where
        M: UnaryMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &'a State, M::Args<'a>) -> Fut,
        Fut: Future<Output = Result<M::Value, M::Error>>,
    {
        async move {
            let (mut tries, mut args) = (Tries::new(M::IDEMPOTENT), Some(args));
            let in_place = self.in_place().is_some();
            let untyped = self.untyped::<M>(call);
            let may_begin = in_place && before.is_none();
            let round = if let Some(place) = may_begin.then(|| self.core.place_here(call)).flatten() {
                Round::Here(place, call.at())
            } else {
                // In a box: whoever waits for another node, or begins at once here, has no room for this.
                let mut encode = self.encoding::<M>(&mut args);
                Box::pin(untyped.go(&mut tries, in_place, before, &mut encode)).await
            };
            match round {
                Round::Here(place, now) => match (self.in_place(), args) {
                    (Some(module), Some(args)) => {
                        let state = self.core.state(call);
                        let body = state.clone().scope(async move { local(module, state, args).await });
                        let body = pin!(AssertUnwindSafe(body).catch_unwind());
                        let ended = self.core.run_here(state, (place, now), body).await;
                        tries.ended_here(&self.core, ended)
                    }
                    // It was asked for only if there is one, and nobody else takes the arguments.
                    _ => Err(tries.untargeted(&self.core, untyped.method.no_host())),
                },
                // Seldom, and large.
                Round::Over(target, body) => Box::pin(self.outcome::<M>(&target, body)).await,
                Round::Nowhere(reason) => Err(tries.untargeted(&self.core, reason)),
            }
        }
    }

    fn untyped<'a, M: RemoteMethod<Module = Mo>>(&'a self, call: &'a Entering) -> Untyped<'a> {
        Untyped { core: &self.core, method: self.method::<M>(), call }
    }

    /// Writes the arguments that are there.
    fn encoding<'e, 'a: 'e, M: RemoteMethod<Module = Mo>>(
        &'e self,
        args: &'e mut Option<M::Args<'a>>,
    ) -> impl FnMut(&mut Vec<u8>) -> Result<(), EncodeError> + Send + use<'e, 'a, M, Mo> {
        move |out| args.as_ref().map_or(Ok(()), |args| self.encode::<M>(args, out))
    }

    /// Calls a method that occupies its thread. Its arguments must outlive the caller's stack, so a
    /// local call goes through the codec as well.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub async fn call_blocking<M>(
        &self,
        call: &Entering,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>>
    where
        M: BlockingMethod<Module = Mo>,
    {
        self.call_in_bytes::<M>(call, args).await
    }

    /// Calls a method that goes on when its caller has gone, and so cannot borrow from the caller's stack either.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub async fn call_detached<M>(
        &self,
        call: &Entering,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>>
    where
        M: UnaryMethod<Module = Mo>,
    {
        self.call_in_bytes::<M>(call, args).await
    }

    async fn call_in_bytes<M: RemoteMethod<Module = Mo>>(
        &self,
        call: &Entering,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let called = self.bytes_in_span::<M>(call, args);
        span::within((self.core.module, M::NAME), call.traced(), called).await
    }

    async fn bytes_in_span<M: RemoteMethod<Module = Mo>>(
        &self,
        call: &Entering,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let (mut tries, mut args) = (Tries::new(M::IDEMPOTENT), Some(args));
        let untyped = self.untyped::<M>(call);
        match untyped.go(&mut tries, false, None, &mut self.encoding::<M>(&mut args)).await {
            Round::Over(target, body) => self.outcome::<M>(&target, body).await,
            Round::Nowhere(reason) => Err(tries.untargeted(&self.core, reason)),
            // It was not asked for.
            Round::Here(..) => Err(tries.untargeted(&self.core, untyped.method.no_host())),
        }
    }

    /// Calls a method that gives a stream, and waits until it is open.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says. What happens to the stream later is told by the stream.
    pub async fn open<M>(
        &self,
        call: &Entering,
        args: M::Args<'_>,
    ) -> Result<Incoming<M::Value>, CallError<M::Error>>
    where
        M: StreamMethod<Module = Mo>,
    {
        let opened = self.open_in_span::<M>(call, args);
        span::within((self.core.module, M::NAME), call.traced(), opened).await
    }

    async fn open_in_span<M: StreamMethod<Module = Mo>>(
        &self,
        call: &Entering,
        args: M::Args<'_>,
    ) -> Result<Incoming<M::Value>, CallError<M::Error>> {
        let door = &self.core.door;
        let (mut tries, mut args, untyped) = (Tries::new(false), Some(args), self.untyped::<M>(call));
        loop {
            let now = door.now();
            let target = self.core.target().map_err(|reason| tries.untargeted(&self.core, reason))?;
            let flow = Arc::new(Inflow::new(&door.limits));
            let opened = untyped.open(&target, now, &flow, &mut self.encoding::<M>(&mut args)).await;
            let (body, source) = match opened {
                Ok((body, source)) => (Ok(body), Some(source)),
                Err(failure) => (Err(failure), None),
            };
            match tries.again(&self.core, call.deadline(), &target, body).await {
                Ok(()) => {}
                Err(body) => {
                    let body = body.as_deref().map_err(Clone::clone);
                    let opened = body.and_then(|body| opened_by(M::PASSAGE.outcome, body, &door.limits));
                    return match (opened, source) {
                        (Ok(Ok(())), Some(source)) => {
                            let node = self.core.named(self.core.node_of(&target));
                            let decode = M::PASSAGE.outcome.value;
                            Ok(Incoming::new(flow, source, decode, door.limits, node))
                        }
                        (Ok(Ok(())), None) => {
                            Err(self.core.failed(self.core.node_of(&target), super::error::no_stream()))
                        }
                        (Ok(Err(error)), _) => Err(CallError::Module {
                            error,
                            node: self.core.named(self.core.node_of(&target)),
                        }),
                        (Err(failure), _) => Err(self.core.failed(self.core.node_of(&target), failure)),
                    };
                }
            }
        }
    }

    /// The module itself, if this node has it and calls of it need no bytes here.
    #[inline]
    fn in_place(&self) -> Option<&Mo> {
        self.entry.object.as_deref().filter(|_| !self.core.door.force_wire)
    }

    #[inline]
    pub(super) fn method<M: RemoteMethod<Module = Mo>>(&self) -> Method<'_> {
        Method::of::<M>(&*self.entry)
    }

    /// Writes the arguments of a call.
    #[inline]
    pub(super) fn encode<M: RemoteMethod<Module = Mo>>(
        &self,
        args: &M::Args<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        (M::PASSAGE.encode_args)(args, out, &self.core.door.limits)
    }

    /// What the body of an answer says, if that is not large. `target` is asked for when that is no value.
    #[inline]
    pub(super) fn answered<M: RemoteMethod<Module = Mo>>(
        &self,
        target: impl FnOnce() -> Target,
        body: &[u8],
    ) -> Result<M::Value, CallError<M::Error>> {
        match outcome_of(M::PASSAGE.outcome, body, &self.core.door.limits) {
            Ok(Ok(value)) => Ok(value),
            outcome => self.told_by::<M>(&target(), outcome),
        }
    }

    async fn outcome<M: RemoteMethod<Module = Mo>>(
        &self,
        target: &Target,
        body: Result<Body, Failure>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let outcome = match body {
            Ok(body) => outcome_of_any_size(M::PASSAGE.outcome, body, self.core.door.limits).await,
            Err(failure) => Err(failure),
        };
        self.told_by::<M>(target, outcome)
    }

    /// What a caller is told of an outcome.
    fn told_by<M: RemoteMethod<Module = Mo>>(
        &self,
        target: &Target,
        outcome: Result<Result<M::Value, M::Error>, Failure>,
    ) -> Result<M::Value, CallError<M::Error>> {
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                Err(CallError::Module { error, node: self.core.named(self.core.node_of(target)) })
            }
            Err(failure) => Err(self.core.failed(self.core.node_of(target), failure)),
        }
    }
}
