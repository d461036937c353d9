//! The one door that all methods of a shard's proxy go through.

use core::any::Any;
use core::future::Future;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use tokio::time::Instant;

use super::Minter;
use super::door::Door;
use super::peer::{body_of, encode_failure};
use super::reply::outcome_of;
use super::{CallError, Failure, Method};
use crate::dispatch::{BlockingMethod, Entry, RemoteMethod, panic_text};
use crate::membership::{Boot, NodeName};
use crate::route::hash::Slot;
use crate::route::{Key, ShardToken};
use crate::state::{self, State};
use crate::wire::{NotStarted, Owner, Reply, Unknown};

/// What a shard is, whatever its module's type.
pub struct ShardCore {
    pub(crate) door: Arc<Door>,
    /// The node, for [`State`]s of calls that run here.
    pub(crate) home: Arc<dyn Any + Send + Sync>,
    pub(crate) module: &'static str,
    pub(crate) module_index: usize,
    pub(crate) key: Key,
    pub(crate) binding: Binding,
    /// The token it was made from; a shard made from a key has none.
    pub(crate) token: Option<ShardToken>,
    pub(crate) minter: Arc<Minter>,
}

/// What decides where a shard's calls go.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    /// One boot of one node, for good.
    Pinned {
        boot: Boot,
        /// The name of the node; `None` while no node of that boot is known.
        node: Option<NodeName>,
        /// The digest of its name.
        digest: u64,
    },
    /// Whoever owns the key's slot.
    Keyed { slot: Slot },
}

/// Where one try of a call goes.
struct Target {
    boot: Boot,
    node: Option<NodeName>,
    /// Why the target is believed to own the slot; of a pinned shard nothing.
    owner: Option<Owner>,
}

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
        let mut tries = Tries::new();
        loop {
            let target = self.core.target().map_err(|reason| self.core.untargeted(reason))?;
            if let Some(module) = self.here(&target) {
                let body = async move { local(module, state, args).await };
                return self.core.run_here(state, body).await;
            }
            let body = self.elsewhere::<M>(&target, state, &args).await;
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
            let target = self.core.target().map_err(|reason| self.core.untargeted(reason))?;
            let body = match self.here(&target) {
                Some(_) => self.beside::<M>(state, &args).await,
                None => self.elsewhere::<M>(&target, state, &args).await,
            };
            match tries.again(&self.core, state, &target, body).await {
                Ok(()) => {}
                Err(body) => return self.outcome::<M>(target.node, body.as_deref().map_err(Clone::clone)),
            }
        }
    }

    /// The module itself, when the target is this node.
    fn here(&self, target: &Target) -> Option<&Mo> {
        if target.boot == self.core.door.boot { self.entry.object.as_deref() } else { None }
    }

    /// One try on another node, to the body of its reply.
    async fn elsewhere<M: RemoteMethod<Module = Mo>>(
        &self,
        target: &Target,
        state: &State,
        args: &M::Args<'_>,
    ) -> Result<Bytes, Failure> {
        let door = &self.core.door;
        let encode = |out: &mut Vec<u8>| (M::PASSAGE.encode_args)(args, out, &door.limits);
        let method = Method::of::<M>(&*self.entry, self.entry.index);
        let waiting = self.core.send(target, &method, state, encode)?;
        body_of(waiting.await)
    }

    /// One try on this node, on another thread.
    async fn beside<M: RemoteMethod<Module = Mo>>(
        &self,
        state: &State,
        args: &M::Args<'_>,
    ) -> Result<Bytes, Failure> {
        let mut bytes = Vec::new();
        (M::PASSAGE.encode_args)(args, &mut bytes, &self.core.door.limits).map_err(encode_failure)?;
        super::here::run(&self.core.door, &*self.entry, M::INDEX, bytes.into(), state).await
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

impl ShardCore {
    /// Where a call goes now.
    fn target(&self) -> Result<Target, NotStarted> {
        match &self.binding {
            Binding::Pinned { boot, node, .. } => Ok(Target { boot: *boot, node: node.clone(), owner: None }),
            Binding::Keyed { slot } => {
                let placements = self.door.placements();
                let no_host = || NotStarted::NoHost { module: self.module.to_owned() };
                let host = placements.owner(self.module_index, *slot).ok_or_else(no_host)?;
                let owner = Owner { slot: slot.number(), view: placements.view };
                Ok(Target { boot: host.boot, node: Some(host.name.clone()), owner: Some(owner) })
            }
        }
    }

    /// The node that a call would go to now.
    pub(crate) fn node(&self) -> Option<NodeName> {
        self.target().ok()?.node
    }

    /// Whether a call would run in this process.
    pub(crate) fn is_here(&self) -> bool {
        self.target().is_ok_and(|target| target.boot == self.door.boot)
    }

    /// The name of the node: as known when the shard was made, as known now, or its boot.
    fn named(&self, node: Option<NodeName>) -> NodeName {
        node.or_else(|| match self.binding {
            Binding::Pinned { boot, .. } => {
                let known = self.door.view().by_boot(boot).map(|member| member.name.clone());
                Some(known.unwrap_or_else(|| NodeName::of_unknown(boot)))
            }
            Binding::Keyed { .. } => None,
        })
        .unwrap_or_else(|| self.door.name.clone())
    }

    fn failed<E>(&self, node: Option<NodeName>, failure: Failure) -> CallError<E> {
        match (failure, node) {
            (Failure::NotStarted(reason), None) => CallError::NotStarted { reason, node: None },
            (failure, node) => CallError::from_failure(failure, &self.named(node)),
        }
    }

    fn untargeted<E>(&self, reason: NotStarted) -> CallError<E> {
        self.failed(None, reason.into())
    }

    fn send(
        &self,
        target: &Target,
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
        let peer = self.door.peer(target.boot).ok_or_else(|| self.unreachable(target))?;
        peer.send(method, state, deadline, target.owner, encode)
    }

    /// Why there is no link to the shard's boot: it is gone, or only the connection is.
    fn unreachable(&self, target: &Target) -> NotStarted {
        if target.boot == self.door.boot {
            NotStarted::NoHost { module: self.module.to_owned() }
        } else {
            self.door.unreachable(target.boot)
        }
    }

    async fn run_here<T, E>(
        &self,
        state: &State,
        body: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CallError<E>> {
        let door = &*self.door;
        let admitted = door
            .admit(state.depth())
            .map_err(|reason| self.failed(Some(door.name.clone()), reason.into()))?;
        let deadline = deadline_of(state, door);
        if deadline <= Instant::now() {
            return Err(self.failed(Some(door.name.clone()), NotStarted::Expired.into()));
        }
        let body = AssertUnwindSafe(state.clone().scope(body)).catch_unwind();
        let ended = tokio::time::timeout_at(deadline, body).await;
        drop(admitted);
        match ended {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(error))) => Err(CallError::Module { error, node: door.name.clone() }),
            Ok(Err(panic)) => {
                Err(self.failed(Some(door.name.clone()), Failure::Panicked(panic_text(&*panic))))
            }
            Err(_) => Err(self.failed(Some(door.name.clone()), Unknown::Deadline.into())),
        }
    }
}

/// How often a keyed call has been tried, and how long it waits before it is tried again.
struct Tries {
    pauses: core::array::IntoIter<Duration, 3>,
}

impl Tries {
    fn new() -> Self {
        Self { pauses: [10, 50, 250].map(Duration::from_millis).into_iter() }
    }

    /// Waits for another view, or a while, when the call may be made again: it did not start, for a reason
    /// that another view may cure, and there is time. Else gives back what came of it.
    async fn again(
        &mut self,
        core: &ShardCore,
        state: &State,
        target: &Target,
        body: Result<Bytes, Failure>,
    ) -> Result<(), Result<Bytes, Failure>> {
        let Some(owner) = target.owner.filter(|_| is_moved(&body)) else { return Err(body) };
        let Some(pause) = self.pauses.next() else { return Err(body) };
        let until = Instant::now() + pause;
        if until >= deadline_of(state, &core.door) {
            return Err(body);
        }
        // Either is as good: what was asked for is a try with more knowledge, or at least with more patience.
        let _ = tokio::time::timeout_at(until, core.door.other_view(owner.view)).await;
        Ok(())
    }
}

/// Whether a call did not start because its key has moved, or is about to.
fn is_moved(body: &Result<Bytes, Failure>) -> bool {
    let reason = match body {
        Ok(body) => match Reply::read(body) {
            Ok(Reply::NotStarted(reason)) => reason,
            _ => return false,
        },
        Err(Failure::NotStarted(reason)) => reason.clone(),
        Err(_) => return false,
    };
    matches!(
        reason,
        NotStarted::WrongOwner { .. }
            | NotStarted::Draining
            | NotStarted::BootGone
            | NotStarted::NotConnected { .. }
    )
}

/// When a call in this context ends. A context that a proxy has entered always has a deadline.
fn deadline_of(state: &State, door: &Door) -> Instant {
    state.deadline().unwrap_or_else(|| Instant::now() + door.call_deadline)
}
