//! A module as a node takes it in.

use core::future::Future;
use core::pin::Pin;
use std::error::Error as StdError;
use std::sync::Arc;

use super::Node;
use crate::call::{BroadcastLink, LeaveCause, Shard, ShardLink};
use crate::dispatch::{Entry, Row, SlotHooks};
use crate::error::Error;
use crate::membership::NodeName;
use crate::route::Slots;
use crate::wire::MethodSignature;

/// A type whose `impl` block carries `#[sharded_module]`. The attribute implements it; there is no
/// reason to do so by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sharded module",
    note = "put `#[sharded_module]` on the `impl {Self}` block whose methods are to be called"
)]
pub trait ShardedModule: Send + Sync + Sized + 'static {
    /// The module's shard: a typed way to one node.
    type Shard: Shard;
    /// The module's broadcast: a typed way to all of them.
    type Broadcast;
    /// The name by which nodes match modules: the type's, or the one the attribute was given.
    const NAME: &'static str;
    /// On how many nodes it runs at most, 1 to 4,096; `None` for all that were given it.
    const LIMIT: Option<u32> = None;
    /// The role that a node must have to host it; `None` for any.
    const ROLE: Option<&'static str> = None;

    #[doc(hidden)]
    const ROWS: &'static [Row<Self>];

    #[doc(hidden)]
    fn __shard(link: ShardLink<Self>) -> Self::Shard;

    #[doc(hidden)]
    fn __broadcast(link: BroadcastLink<Self>) -> Self::Broadcast;

    #[doc(hidden)]
    fn __on_start<'a>(&'a self, _node: &'a Node) -> Hook<'a> {
        Box::pin(core::future::ready(Ok(())))
    }

    #[doc(hidden)]
    fn __on_stop<'a>(&'a self, _node: &'a Node) -> Hook<'a> {
        Box::pin(core::future::ready(Ok(())))
    }

    #[doc(hidden)]
    const __SLOTS_ARRIVING: bool = false;

    #[doc(hidden)]
    fn __slots_arriving<'a>(&'a self, _slots: &'a Slots, _from: Option<&'a NodeName>) -> Hook<'a> {
        Box::pin(core::future::ready(Ok(())))
    }

    #[doc(hidden)]
    const __SLOTS_LEAVING: bool = false;

    #[doc(hidden)]
    fn __slots_leaving<'a>(
        &'a self,
        _slots: &'a Slots,
        _to: Option<&'a NodeName>,
        _cause: LeaveCause,
    ) -> Hook<'a> {
        Box::pin(core::future::ready(Ok(())))
    }
}

/// A life-cycle hook that runs.
pub type Hook<'a> = Pin<Box<dyn Future<Output = HookResult> + Send + 'a>>;

/// How a hook ends.
pub type HookResult = Result<(), Box<dyn StdError + Send + Sync>>;

/// Boxes a hook.
pub fn hook<'a>(run: impl Future<Output = HookResult> + Send + 'a) -> Hook<'a> {
    Box::pin(run)
}

/// What a hook may return.
#[diagnostic::on_unimplemented(
    message = "a hook returns nothing, or `Result<(), E>`",
    note = "`E` is anything that `?` turns into `Box<dyn Error + Send + Sync>`"
)]
pub trait HookOutcome {
    /// The same as a result.
    fn into_result(self) -> HookResult;
}

impl HookOutcome for () {
    fn into_result(self) -> HookResult {
        Ok(())
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> HookOutcome for Result<(), E> {
    fn into_result(self) -> HookResult {
        self.map_err(Into::into)
    }
}

/// What a hook has returned.
pub fn hook_done(outcome: impl HookOutcome) -> HookResult {
    outcome.into_result()
}

/// A hosted module, for its hooks.
pub(super) trait Hosted: Send + Sync {
    fn name(&self) -> &'static str;
    fn on_start<'a>(&'a self, node: &'a Node) -> Hook<'a>;
    fn on_stop<'a>(&'a self, node: &'a Node) -> Hook<'a>;
    fn slots_arriving<'a>(&'a self, slots: &'a Slots, from: Option<&'a NodeName>) -> Hook<'a>;
    fn slots_leaving<'a>(&'a self, slots: &'a Slots, to: Option<&'a NodeName>, cause: LeaveCause)
    -> Hook<'a>;
}

pub(super) struct HostedModule<M>(pub(super) Arc<M>);

impl<M: ShardedModule> Hosted for HostedModule<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn on_start<'a>(&'a self, node: &'a Node) -> Hook<'a> {
        self.0.__on_start(node)
    }

    fn on_stop<'a>(&'a self, node: &'a Node) -> Hook<'a> {
        self.0.__on_stop(node)
    }

    fn slots_arriving<'a>(&'a self, slots: &'a Slots, from: Option<&'a NodeName>) -> Hook<'a> {
        self.0.__slots_arriving(slots, from)
    }

    fn slots_leaving<'a>(
        &'a self,
        slots: &'a Slots,
        to: Option<&'a NodeName>,
        cause: LeaveCause,
    ) -> Hook<'a> {
        self.0.__slots_leaving(slots, to, cause)
    }
}

/// The module's entry in the registry: computes the shapes of its methods.
///
/// # Errors
///
/// When the encoding cannot carry a type of one of them.
pub(super) fn entry<M: ShardedModule>(index: usize, object: Option<Arc<M>>) -> Result<Entry<M>, Error> {
    let mut signatures = Vec::with_capacity(M::ROWS.len());
    for row in M::ROWS {
        let shape = (row.shape)().map_err(|wont| Error::CannotTravel {
            module: M::NAME.to_owned(),
            method: row.facts.name.to_owned(),
            what: match wont.argument {
                Some(argument) => format!("the argument `{}: {}`", argument.name, argument.written),
                None => format!("the result `{}`", wont.written),
            },
            reason: wont.cause.to_string(),
        })?;
        if !shape.opaque.is_empty() {
            tracing::info!(
                module = M::NAME,
                method = row.facts.name,
                types = ?shape.opaque,
                "the inside of these types is not compared between builds: serde does not show it"
            );
        }
        signatures.push(MethodSignature { name: row.facts.name.to_owned(), shape: shape.fingerprint });
    }
    let slot_hooks = SlotHooks { arriving: M::__SLOTS_ARRIVING, leaving: M::__SLOTS_LEAVING };
    Ok(Entry {
        name: M::NAME,
        index,
        object,
        limit: M::LIMIT,
        slot_hooks,
        rows: M::ROWS,
        signatures,
        fake: None,
    })
}
