//! The one door that all methods of a shard's proxy go through.

use core::future::Future;
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::call_frame::{check_head, encode_failure};
use super::here::Here;
use super::in_flight::InFlight;
use super::incoming::{Incoming, Source};
use super::inflow::Inflow;
use super::peer::body_of;
use super::reply::{opened_by, outcome_of_any_size};
use super::shard_core::{ShardCore, Target};
use super::tries::Tries;
use super::{CallError, Failure, Method, span};
use crate::dispatch::{AnyEntry as _, BlockingMethod, Entry, RemoteMethod, StreamMethod, UnaryMethod};
use crate::state::State;
use crate::wire::Body;

/// A try that has begun.
enum Begun {
    /// On this node, with these arguments.
    Here(Bytes),
    /// On the way to another one.
    Sent(InFlight),
}

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
    pub fn enter<M: RemoteMethod>(&self, state: &State) -> State {
        let timeout = self.timeout.or(M::TIMEOUT);
        self.core.door.enter(state, self.core.key.clone(), &self.core.home, timeout)
    }

    /// The context of a call that is made in the task's own.
    #[must_use]
    pub fn current<M: RemoteMethod>(&self) -> State {
        self.enter::<M>(&State::current())
    }

    /// Calls a method: `local` runs it when the shard is here, without encoding anything; else the
    /// arguments are encoded and sent.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub fn call<'a, M, F, Fut>(
        &'a self,
        state: &'a State,
        args: M::Args<'a>,
        local: F,
    ) -> impl Future<Output = Result<M::Value, CallError<M::Error>>> + use<'a, M, F, Fut, Mo>
    where
        M: UnaryMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &'a State, M::Args<'a>) -> Fut,
        Fut: Future<Output = Result<M::Value, M::Error>>,
    {
        let called = self.call_in_span::<M, F, Fut>(state, args, local);
        span::within((self.core.module, M::NAME), state, called)
    }

    async fn call_in_span<'a, M, F, Fut>(
        &'a self,
        state: &'a State,
        args: M::Args<'a>,
        local: F,
    ) -> Result<M::Value, CallError<M::Error>>
    where
        M: UnaryMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &'a State, M::Args<'a>) -> Fut,
        Fut: Future<Output = Result<M::Value, M::Error>>,
    {
        let mut tries = Tries::new(M::IDEMPOTENT);
        let mut now = self.core.door.now_of(state);
        loop {
            let target = self.core.target().map_err(|reason| tries.untargeted(&self.core, reason))?;
            let body = if let Some(module) = self.here(&target) {
                match self.core.let_in(state, target.meant()).await {
                    Ok(admitted) => {
                        let body = async move { local(module, state, args).await };
                        let ended = self.core.run_here(state, (admitted, now), body).await;
                        return tries.ended_here(&self.core, ended);
                    }
                    Err(reason) => Err(reason.into()),
                }
            } else {
                let begun = self.begin::<M>(&target, (state, now), &args, None);
                self.end::<M>(begun, &target, (state, now)).await
            };
            match tries.again(&self.core, state, &target, body).await {
                Ok(()) => now = self.core.door.now(),
                Err(body) => return self.outcome::<M>(&target, body).await,
            }
        }
    }

    /// Calls a method that occupies its thread. Its arguments must outlive the caller's stack, so a
    /// local call goes through the codec as well.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub async fn call_blocking<M>(
        &self,
        state: &State,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>>
    where
        M: BlockingMethod<Module = Mo>,
    {
        self.call_in_bytes::<M>(state, args).await
    }

    /// Calls a method that goes on when its caller has gone, and so cannot borrow from the caller's stack either.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub async fn call_detached<M>(
        &self,
        state: &State,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>>
    where
        M: UnaryMethod<Module = Mo>,
    {
        self.call_in_bytes::<M>(state, args).await
    }

    async fn call_in_bytes<M: RemoteMethod<Module = Mo>>(
        &self,
        state: &State,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let called = self.bytes_in_span::<M>(state, args);
        span::within((self.core.module, M::NAME), state, called).await
    }

    async fn bytes_in_span<M: RemoteMethod<Module = Mo>>(
        &self,
        state: &State,
        args: M::Args<'_>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let mut tries = Tries::new(M::IDEMPOTENT);
        loop {
            let now = self.core.door.now();
            let target = self.core.target().map_err(|reason| tries.untargeted(&self.core, reason))?;
            let begun = self.begin::<M>(&target, (state, now), &args, None);
            let body = self.end::<M>(begun, &target, (state, now)).await;
            match tries.again(&self.core, state, &target, body).await {
                Ok(()) => {}
                Err(body) => return self.outcome::<M>(&target, body).await,
            }
        }
    }

    /// Calls a method that gives a stream, and waits until it is open.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says. What happens to the stream later is told by the stream.
    pub async fn open<M>(
        &self,
        state: &State,
        args: M::Args<'_>,
    ) -> Result<Incoming<M::Value>, CallError<M::Error>>
    where
        M: StreamMethod<Module = Mo>,
    {
        let opened = self.open_in_span::<M>(state, args);
        span::within((self.core.module, M::NAME), state, opened).await
    }

    async fn open_in_span<M: StreamMethod<Module = Mo>>(
        &self,
        state: &State,
        args: M::Args<'_>,
    ) -> Result<Incoming<M::Value>, CallError<M::Error>> {
        let door = &self.core.door;
        let mut tries = Tries::new(false);
        loop {
            let now = door.now();
            let target = self.core.target().map_err(|reason| tries.untargeted(&self.core, reason))?;
            let flow = Arc::new(Inflow::new(&door.limits));
            let begun = self.begin::<M>(&target, (state, now), &args, Some(&flow));
            let opened = self.opened::<M>(begun, &target, (state, now), &flow).await;
            let (body, source) = match opened {
                Ok((body, source)) => (Ok(body), Some(source)),
                Err(failure) => (Err(failure), None),
            };
            match tries.again(&self.core, state, &target, body).await {
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

    /// The module itself, when the target is this node and calls of it need no bytes.
    fn here(&self, target: &Target) -> Option<&Mo> {
        let door = &self.core.door;
        if target.boot == door.boot() && !door.force_wire { self.entry.object.as_deref() } else { None }
    }

    /// Begins one try: encodes the arguments, and sends them if the target is another node. They are not needed any
    /// longer than that, so that a caller that waits need not share them with other threads.
    fn begin<M: RemoteMethod<Module = Mo>>(
        &self,
        target: &Target,
        (state, now): (&State, Instant),
        args: &M::Args<'_>,
        flow: Option<&Arc<Inflow>>,
    ) -> Result<Begun, Failure> {
        let door = &self.core.door;
        let encode = |out: &mut Vec<u8>| (M::PASSAGE.encode_args)(args, out, &door.limits);
        if target.boot == door.boot() && self.entry.hosted() {
            if door.force_wire {
                check_head(state)?;
            }
            let mut bytes = Vec::new();
            encode(&mut bytes).map_err(encode_failure)?;
            return Ok(Begun::Here(bytes.into()));
        }
        let method = Method::of::<M>(&*self.entry);
        let sent = door.send(target.boot, &method, (state, now), target.owner, flow.cloned(), encode);
        sent.map(Begun::Sent)
    }

    /// Goes on with a try, to the body of the reply.
    async fn end<M: RemoteMethod<Module = Mo>>(
        &self,
        begun: Result<Begun, Failure>,
        target: &Target,
        call: (&State, Instant),
    ) -> Result<Body, Failure> {
        match begun? {
            // Seldom, and large.
            Begun::Here(args) => {
                Box::pin(async { self.prepare::<M>(target, call, args).await?.run().await }).await
            }
            Begun::Sent(call) => body_of(call.await),
        }
    }

    /// Goes on with a try to open a stream, to the body of the reply and what keeps the stream open.
    async fn opened<M: RemoteMethod<Module = Mo>>(
        &self,
        begun: Result<Begun, Failure>,
        target: &Target,
        call: (&State, Instant),
        flow: &Arc<Inflow>,
    ) -> Result<(Body, Source), Failure> {
        match begun? {
            Begun::Here(args) => {
                Box::pin(async { self.prepare::<M>(target, call, args).await?.open(Arc::clone(flow)).await })
                    .await
            }
            Begun::Sent(mut call) => {
                let body = body_of((&mut call).await)?;
                Ok((body, Source::Link(call)))
            }
        }
    }

    /// One try on this node whose arguments are bytes.
    async fn prepare<'a, M: RemoteMethod<Module = Mo>>(
        &'a self,
        target: &Target,
        (state, now): (&'a State, Instant),
        args: Bytes,
    ) -> Result<Here<'a>, Failure> {
        let place = self.core.let_in(state, target.meant()).await?;
        Ok(Here { door: &self.core.door, entry: &*self.entry, row: M::INDEX, args, state, now, place })
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
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                Err(CallError::Module { error, node: self.core.named(self.core.node_of(target)) })
            }
            Err(failure) => Err(self.core.failed(self.core.node_of(target), failure)),
        }
    }
}
