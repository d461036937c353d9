//! What a shard is, and where its calls go.

use core::any::Any;
use core::future::{Future, poll_fn};
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::Poll;
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::Arc;

use tokio::time::Instant;

use super::admission::Bounds;
use super::door::Door;
use super::{CallError, Failure, Meant, Minter, span};
use crate::dispatch::{Place, panic_text};
use crate::membership::{Boot, NodeName};
use crate::route::hash::Slot;
use crate::route::{Key, ShardToken};
use crate::state::{Entering, Entry, Home, State, Waits};
use crate::wire::{NotStarted, Owner};

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

/// What a method gives or throws.
pub(super) type Caught<T, E> = Result<Result<T, E>, Box<dyn Any + Send>>;

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

/// Where a call goes now, as long as one looks at it.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    pub(super) boot: Boot,
    node: Option<&'a NodeName>,
    pub(super) owner: Option<Owner>,
}

/// Where one try of a call goes.
pub(super) struct Target {
    pub(super) boot: Boot,
    /// Of a keyed shard the owner; a pinned one knows its node.
    pub(super) node: Option<NodeName>,
    /// Why the target is believed to own the slot; of a pinned shard nothing.
    pub(super) owner: Option<Owner>,
}

impl Target {
    pub(super) fn meant(&self) -> Meant {
        if self.owner.is_some() { Meant::ForOwner } else { Meant::ForBoot }
    }
}

impl Aim<'_> {
    /// The same for whoever goes on with it.
    pub(super) fn target(self) -> Target {
        Target { boot: self.boot, node: self.node.cloned(), owner: self.owner }
    }
}

impl Home for ShardCore {
    fn caller(&self) -> &NodeName {
        &self.door.name
    }

    fn node(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.home
    }
}

impl ShardCore {
    /// Where a call goes now.
    pub(super) fn target(&self) -> Result<Target, NotStarted> {
        let no_host = || NotStarted::NoHost { module: self.module.to_owned() };
        self.aim(|aim| aim.target()).ok_or_else(no_host)
    }

    /// What `then` makes of where a call goes now; `None` if nobody can be called.
    #[inline]
    pub(super) fn aim<T>(&self, then: impl FnOnce(&Aim<'_>) -> T) -> Option<T> {
        let placements;
        let aim = match &self.binding {
            Binding::Pinned { boot, .. } => Aim { boot: *boot, node: None, owner: None },
            Binding::Keyed { slot } => {
                placements = self.door.placements();
                let host = placements.owner(self.module_index, *slot)?;
                let owner = Owner { slot: slot.number(), view: placements.view.digest() };
                Aim { boot: host.boot, node: Some(&host.name), owner: Some(owner) }
            }
        };
        Some(then(&aim))
    }

    /// Why a call comes to `boot`, if that is where it goes now.
    #[inline]
    fn meant_for(&self, boot: Boot) -> Option<Meant> {
        let (owner, meant) = match &self.binding {
            Binding::Pinned { boot, .. } => (*boot, Meant::ForBoot),
            Binding::Keyed { slot } => {
                let placements = self.door.placements();
                (placements.owner(self.module_index, *slot)?.boot, Meant::ForOwner)
            }
        };
        (owner == boot).then_some(meant)
    }

    /// The node that a call would go to now.
    pub(crate) fn node(&self) -> Option<NodeName> {
        self.node_of(&self.target().ok()?)
    }

    /// The node of a target, if it is known. Asked by those only who have something to say of it.
    pub(super) fn node_of(&self, target: &Target) -> Option<NodeName> {
        match &self.binding {
            Binding::Pinned { node, .. } => node.clone(),
            Binding::Keyed { .. } => target.node.clone(),
        }
    }

    /// Whether a call would run in this process.
    pub(crate) fn is_here(&self) -> bool {
        self.meant_for(self.door.boot()).is_some()
    }

    /// The name of the node: as known when the shard was made, as known now, or its boot.
    pub(super) fn named(&self, node: Option<NodeName>) -> NodeName {
        node.or_else(|| match self.binding {
            Binding::Pinned { boot, .. } => {
                let known = self.door.view().by_boot(boot).map(|member| member.name.clone());
                Some(known.unwrap_or_else(|| NodeName::of_unknown(boot)))
            }
            Binding::Keyed { .. } => None,
        })
        .unwrap_or_else(|| self.door.name.clone())
    }

    pub(super) fn failed<E>(&self, node: Option<NodeName>, failure: Failure) -> CallError<E> {
        match (failure, node) {
            (Failure::NotStarted(reason), None) => CallError::NotStarted { reason, node: None },
            (failure, node) => CallError::from_failure(failure, &self.named(node)),
        }
    }

    pub(super) fn untargeted<E>(&self, reason: NotStarted) -> CallError<E> {
        self.failed(None, reason.into())
    }

    /// Lets a call begin on this node, which its target is: when there is a place for it, and the module's
    /// hook has been told of the slot.
    pub(super) async fn let_in(
        &self,
        (depth, deadline): (u8, Instant),
        meant: Meant,
    ) -> Result<Place<'_>, NotStarted> {
        let admitted = self.door.admission.admit(depth, meant)?;
        if let Binding::Keyed { slot } = self.binding {
            self.door.arrived(self.module_index, slot, deadline).await?;
        }
        Ok(admitted)
    }

    /// A place and a context for a call that nothing keeps from beginning here and now; `None` if anything does, or
    /// may.
    pub(super) fn begin_here(self: &Arc<Self>, call: &Entering) -> Option<(Place<'_>, State)> {
        let place = self.place_here(call)?;
        Some((place, call.state_for_once(|deadline| self.entry(deadline, call.timeout()))))
    }

    /// The context of a call as a handler on this node sees it.
    pub(super) fn state<'a>(self: &Arc<Self>, call: &'a Entering) -> &'a State {
        call.state(|deadline| self.entry(deadline, call.timeout()))
    }

    /// A place for such a call.
    #[inline]
    pub(super) fn place_here(&self, call: &Entering) -> Option<Place<'_>> {
        let boot = self.door.boot();
        let meant = self.meant_for(boot)?;
        // What has stood still has another boot after this.
        self.door.now_as_of(call.at());
        if boot != self.door.boot() {
            return None;
        }
        self.let_in_now(call, meant)
    }

    #[inline]
    fn let_in_now(&self, call: &Entering, meant: Meant) -> Option<Place<'_>> {
        let place = self.door.admission.admit(call.depth(), meant).ok()?;
        if let Binding::Keyed { slot } = self.binding {
            let Poll::Ready(Ok(())) = self.door.let_in(self.module_index, slot) else { return None };
        }
        (call.at() < call.deadline()).then_some(place)
    }

    /// Runs a method that never waits.
    #[inline]
    pub(super) fn run_plain<T, E>(
        &self,
        state: &State,
        run: impl FnOnce(&State) -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        match catch_unwind(AssertUnwindSafe(|| state.clone().scope_blocking(|| run(state)))) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(CallError::Module { error, node: self.door.name.clone() }),
            Err(panic) => Err(self.panicked(&*panic)),
        }
    }

    #[cold]
    fn panicked<E>(&self, panic: &(dyn Any + Send)) -> CallError<E> {
        self.failed(Some(self.door.name.clone()), Failure::Panicked(panic_text(panic)))
    }

    /// The context of a call that is made in `state`, and may take so long.
    pub(super) fn enter(self: &Arc<Self>, state: &State, timeout: Option<Duration>) -> Entering {
        let timeout = self.door.may_take(timeout);
        let begins = (Instant::now(), timeout, span::is_enabled());
        Entering::new(state, begins, |deadline| self.entry_of_trace(deadline, timeout))
    }

    /// The same in the context of the task.
    pub(super) fn enter_current(self: &Arc<Self>, timeout: Option<Duration>) -> Entering {
        let timeout = self.door.may_take(timeout);
        let begins = (Instant::now(), timeout, span::is_enabled());
        Entering::current(begins, |deadline| self.entry_of_trace(deadline, timeout))
    }

    /// What this node knows of a call that goes through the shard, and is a part of no trace.
    #[inline]
    pub(super) fn entry(self: &Arc<Self>, deadline: Instant, timeout: Duration) -> Entry {
        let home = Arc::clone(self) as Arc<dyn Home>;
        self.door.entry(self.key.clone(), home, (deadline, timeout), false)
    }

    /// The same of a call that is a part of a trace.
    fn entry_of_trace(self: &Arc<Self>, deadline: Instant, timeout: Duration) -> Entry {
        Entry { span: span::is_enabled(), ..self.entry(deadline, timeout) }
    }

    /// Runs the body of a method, as its caller holds it, which is once.
    pub(super) async fn run_here<T, E>(
        &self,
        state: &State,
        (admitted, now): (Place<'_>, Instant),
        mut body: Pin<&mut impl Future<Output = Caught<T, E>>>,
    ) -> Result<T, CallError<E>> {
        let door = &*self.door;
        let here = |failure| self.failed(Some(door.name.clone()), failure);
        let deadline = door.time_for(state, now).map_err(|reason| here(reason.into()))?;
        let waits = Waits::for_call(state);
        let ended = match poll_fn(|cx| Poll::Ready(body.as_mut().poll(cx))).await {
            Poll::Ready(ended) => Ok(ended),
            Poll::Pending => {
                // Whoever drops this drops the body, so that nobody else has to stop it. In a box: what is ready at
                // once needs no timer, and is not to have the room for one in its future.
                let bounds = Bounds { deadline: Some(deadline), signal: None };
                Box::pin(door.admission.finish(bounds, body)).await
            }
        };
        drop(admitted);
        if ended.is_ok() {
            waits.ended();
        }
        match ended {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(error))) => Err(CallError::Module { error, node: door.name.clone() }),
            Ok(Err(panic)) => Err(here(Failure::Panicked(panic_text(&*panic)))),
            Err(reason) => Err(here(reason.into())),
        }
    }
}
