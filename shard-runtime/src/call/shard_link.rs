//! The one door that all methods of a shard's proxy go through.

use core::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::peer::{body_of, encode_failure};
use super::reply::outcome_of;
use super::shard_core::{ShardCore, Target};
use super::tries::Tries;
use super::{CallError, Failure, Method};
use crate::dispatch::{BlockingMethod, Entry, RemoteMethod};
use crate::membership::NodeName;
use crate::state::State;

/// A shard's way to its module, here or elsewhere.
pub struct ShardLink<Mo: 'static> {
    core: Arc<ShardCore>,
    entry: Arc<Entry<Mo>>,
}

impl<Mo> Clone for ShardLink<Mo> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), entry: Arc::clone(&self.entry) }
    }
}

impl<Mo: Send + Sync + 'static> ShardLink<Mo> {
    pub(crate) fn new(core: ShardCore, entry: Arc<Entry<Mo>>) -> Self {
        Self { core: Arc::new(core), entry }
    }

    /// What the shard is.
    #[must_use]
    pub fn core(&self) -> &ShardCore {
        &self.core
    }

    /// The context of a call that is made in `state`.
    #[must_use]
    pub fn enter(&self, state: &State) -> State {
        self.core.door.enter(state, self.core.key.clone(), &self.core.home)
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
        let mut tries = Tries::new();
        loop {
            let now = self.core.door.now();
            let target = self.core.target().map_err(|reason| self.core.untargeted(reason))?;
            let body = match self.here(&target) {
                Some(module) => match self.core.let_in(state, target.meant()).await {
                    Ok(admitted) => {
                        let body = async move { local(module, state, args).await };
                        return self.core.run_here(state, (admitted, now), body).await;
                    }
                    Err(reason) => Err(reason.into()),
                },
                None => self.elsewhere::<M>(&target, state, now, &args).await,
            };
            match tries.again(&self.core, state, &target, body).await {
                Ok(()) => {}
                Err(body) => return self.outcome::<M>(target.node, body.as_deref().map_err(Clone::clone)),
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
        let mut tries = Tries::new();
        loop {
            let now = self.core.door.now();
            let target = self.core.target().map_err(|reason| self.core.untargeted(reason))?;
            let body = match self.here(&target) {
                Some(_) => self.beside::<M>(&target, state, now, &args).await,
                None => self.elsewhere::<M>(&target, state, now, &args).await,
            };
            match tries.again(&self.core, state, &target, body).await {
                Ok(()) => {}
                Err(body) => return self.outcome::<M>(target.node, body.as_deref().map_err(Clone::clone)),
            }
        }
    }

    /// The module itself, when the target is this node.
    fn here(&self, target: &Target) -> Option<&Mo> {
        if target.boot == self.core.door.boot() { self.entry.object.as_deref() } else { None }
    }

    /// One try on another node, to the body of its reply.
    async fn elsewhere<M: RemoteMethod<Module = Mo>>(
        &self,
        target: &Target,
        state: &State,
        now: Instant,
        args: &M::Args<'_>,
    ) -> Result<Bytes, Failure> {
        let door = &self.core.door;
        let encode = |out: &mut Vec<u8>| (M::PASSAGE.encode_args)(args, out, &door.limits);
        let method = Method::of::<M>(&*self.entry);
        let waiting = door.send(target.boot, &method, (state, now), target.owner, encode)?;
        body_of(waiting.await)
    }

    /// One try on this node, on another thread.
    async fn beside<M: RemoteMethod<Module = Mo>>(
        &self,
        target: &Target,
        state: &State,
        now: Instant,
        args: &M::Args<'_>,
    ) -> Result<Bytes, Failure> {
        let mut bytes = Vec::new();
        (M::PASSAGE.encode_args)(args, &mut bytes, &self.core.door.limits).map_err(encode_failure)?;
        let place = self.core.let_in(state, target.meant()).await?;
        let door = &self.core.door;
        super::here::run(door, &*self.entry, M::INDEX, bytes.into(), (state, now), place).await
    }

    fn outcome<M: RemoteMethod<Module = Mo>>(
        &self,
        node: Option<NodeName>,
        body: Result<&[u8], Failure>,
    ) -> Result<M::Value, CallError<M::Error>> {
        let outcome = body.and_then(|body| outcome_of(M::PASSAGE.outcome, body, &self.core.door.limits));
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(CallError::Module { error, node: self.core.named(node) }),
            Err(failure) => Err(self.core.failed(node, failure)),
        }
    }
}
