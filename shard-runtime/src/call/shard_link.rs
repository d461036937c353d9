//! The one door that all methods of a shard's proxy go through.

use core::any::Any;
use core::future::Future;
use core::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::time::Instant;

use super::Minter;
use super::door::Door;
use super::peer::{body_of, encode_failure};
use super::reply::outcome_of;
use super::{CallError, Failure, Method};
use crate::dispatch::{BlockingMethod, Entry, RemoteMethod, panic_text};
use crate::membership::{Boot, NodeName};
use crate::route::{Key, ShardToken};
use crate::state::{self, State};
use crate::wire::{NotStarted, Unknown};

/// What a shard is, whatever its module's type.
pub struct ShardCore {
    pub(crate) door: Arc<Door>,
    /// The node, for [`State`]s of calls that run here.
    pub(crate) home: Arc<dyn Any + Send + Sync>,
    pub(crate) module: &'static str,
    pub(crate) key: Key,
    pub(crate) boot: Boot,
    /// The name of the node; `None` while no node of that boot is known.
    pub(crate) node: Option<NodeName>,
    pub(crate) node_digest: u64,
    /// The token it was made from; a shard made from a key has none.
    pub(crate) token: Option<ShardToken>,
    pub(crate) minter: Arc<Minter>,
}

/// A shard's way to its module, here or elsewhere.
pub struct ShardLink<Mo: 'static> {
    core: Arc<ShardCore>,
    entry: Arc<Entry<Mo>>,
    /// The module itself, when this is the node that the shard names.
    local: Option<Arc<Mo>>,
}

impl<Mo> Clone for ShardLink<Mo> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), entry: Arc::clone(&self.entry), local: self.local.clone() }
    }
}

impl<Mo: Send + Sync + 'static> ShardLink<Mo> {
    pub(crate) fn new(core: ShardCore, entry: Arc<Entry<Mo>>) -> Self {
        let here = core.boot == core.door.boot;
        let local = if here { entry.object.clone() } else { None };
        Self { core: Arc::new(core), entry, local }
    }

    /// What the shard is.
    #[must_use]
    pub fn core(&self) -> &ShardCore {
        &self.core
    }

    /// The context of a call that is made in `state`.
    #[must_use]
    pub fn enter(&self, state: &State) -> State {
        let core = &*self.core;
        state.entering(state::Entry {
            key: core.key.clone(),
            deadline: Instant::now() + core.door.call_deadline,
            caller: core.door.name.clone(),
            home: Arc::clone(&core.home),
        })
    }

    /// The context of a call that is made in the task's own.
    #[must_use]
    pub fn current(&self) -> State {
        self.enter(&State::current())
    }

    /// Calls a method: `local` runs it when the shard is here, without encoding anything; else the
    /// arguments are encoded and sent.
    ///
    /// # Errors
    ///
    /// As [`CallError`] says.
    pub async fn call<'a, M, F, Fut>(
        &'a self,
        state: &'a State,
        args: M::Args<'a>,
        local: F,
    ) -> Result<M::Value, CallError<M::Error>>
    where
        M: RemoteMethod<Module = Mo>,
        F: FnOnce(&'a Mo, &'a State, M::Args<'a>) -> Fut,
        Fut: Future<Output = Result<M::Value, M::Error>>,
    {
        match &self.local {
            Some(module) => {
                let body = async move { local(module, state, args).await };
                self.core.run_here(state, body).await
            }
            None => self.send::<M>(state, &args)?.received::<M>(self).await,
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
        if self.local.is_none() {
            return self.send::<M>(state, &args)?.received::<M>(self).await;
        }
        let limits = &self.core.door.limits;
        let mut bytes = Vec::new();
        (M::PASSAGE.encode_args)(&args, &mut bytes, limits)
            .map_err(|error| self.failed(encode_failure(error).into()))?;
        let answer = super::here::run(&self.core.door, &*self.entry, M::INDEX, bytes.into(), state).await;
        self.outcome::<M>(answer.as_deref().map_err(Clone::clone))
    }

    fn send<M: RemoteMethod<Module = Mo>>(
        &self,
        state: &State,
        args: &M::Args<'_>,
    ) -> Result<Sent, CallError<M::Error>> {
        let door = &self.core.door;
        let encode = |out: &mut Vec<u8>| (M::PASSAGE.encode_args)(args, out, &door.limits);
        let method = Method::of::<M>(&*self.entry, self.entry.index);
        self.core.send(&method, state, encode).map(Sent).map_err(|failure| self.failed(failure))
    }

    fn outcome<M: RemoteMethod<Module = Mo>>(
        &self,
        body: Result<&[u8], Failure>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let outcome = body.and_then(|body| outcome_of(M::PASSAGE.outcome, body, &self.core.door.limits));
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(CallError::Module { error, node: self.core.node_name() }),
            Err(failure) => Err(self.failed(failure)),
        }
    }

    fn failed<E>(&self, failure: Failure) -> CallError<E> {
        self.core.failed(failure)
    }
}

/// A call whose frame is in the outbox.
struct Sent(super::pending::Waiting);

impl Sent {
    async fn received<M: RemoteMethod>(
        self,
        link: &ShardLink<M::Module>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let body = body_of(self.0.await);
        link.outcome::<M>(body.as_deref().map_err(Clone::clone))
    }
}

impl ShardCore {
    /// The name of the node: as known when the shard was made, as known now, or its boot.
    fn node_name(&self) -> NodeName {
        let known = || self.door.view().by_boot(self.boot).map(|member| member.name.clone());
        self.node.clone().or_else(known).unwrap_or_else(|| NodeName::of_unknown(self.boot))
    }

    fn failed<E>(&self, failure: Failure) -> CallError<E> {
        match (failure, &self.node) {
            (Failure::NotStarted(reason), None) => CallError::NotStarted { reason, node: None },
            (failure, _) => CallError::from_failure(failure, &self.node_name()),
        }
    }

    fn send(
        &self,
        method: &Method<'_>,
        state: &State,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), crate::wire::EncodeError>,
    ) -> Result<super::pending::Waiting, Failure> {
        let deadline = deadline_of(state, &self.door);
        if state.depth() > super::door::MAX_DEPTH {
            return Err(NotStarted::TooDeep.into());
        }
        if deadline <= Instant::now() {
            return Err(NotStarted::Expired.into());
        }
        let Some(peer) = self.door.peer(self.boot) else { return Err(self.unreachable().into()) };
        peer.send(method, state, deadline, encode)
    }

    /// Why there is no link to the shard's boot: it is gone, or only the connection is.
    fn unreachable(&self) -> NotStarted {
        let here = self.boot == self.door.boot;
        if here {
            NotStarted::NoHost { module: self.module.to_owned() }
        } else {
            self.door.unreachable(self.boot)
        }
    }

    async fn run_here<T, E>(
        &self,
        state: &State,
        body: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CallError<E>> {
        let door = &*self.door;
        let admitted = door.admit(state.depth()).map_err(|reason| self.failed(reason.into()))?;
        let deadline = deadline_of(state, door);
        if deadline <= Instant::now() {
            return Err(self.failed(NotStarted::Expired.into()));
        }
        let body = AssertUnwindSafe(state.clone().scope(body)).catch_unwind();
        let ended = tokio::time::timeout_at(deadline, body).await;
        drop(admitted);
        match ended {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(error))) => Err(CallError::Module { error, node: door.name.clone() }),
            Ok(Err(panic)) => Err(self.failed(Failure::Panicked(panic_text(&*panic)))),
            Err(_) => Err(self.failed(Unknown::Deadline.into())),
        }
    }
}

/// When a call in this context ends. A context that a proxy has entered always has a deadline.
fn deadline_of(state: &State, door: &Door) -> Instant {
    state.deadline().unwrap_or_else(|| Instant::now() + door.call_deadline)
}
