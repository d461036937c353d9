//! A module as seen from a node: where its shards and broadcasts come from.

use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use super::inner::Inner;
use super::module::ShardedModule;
use crate::call::{AsToken, Binding, BroadcastLink, Phase, ShardCore, ShardLink};
use crate::dispatch::Entry;
use crate::error::Error;
use crate::membership::{Boot, NodeName};
use crate::route::hash::{Slot, node_digest};
use crate::route::{Key, ShardToken, TokenError};
use crate::state::State;

/// A module as seen from a node: where its shards and broadcasts come from. Made by
/// [`Node::module`](super::Node::module) and [`State::module`]; cheap to make and to clone.
pub struct ModuleHandle<M> {
    inner: Option<Arc<Inner>>,
    /// Made by a handler, for what it has begun.
    by_handler: bool,
    module: PhantomData<fn() -> M>,
}

impl<M> Clone for ModuleHandle<M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), ..*self }
    }
}

impl<M: ShardedModule> fmt::Debug for ModuleHandle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModuleHandle").field("module", &M::NAME).finish()
    }
}

impl<M: ShardedModule> ModuleHandle<M> {
    pub(super) fn new(inner: Option<Arc<Inner>>) -> Self {
        Self { inner, by_handler: false, module: PhantomData }
    }

    pub(super) fn of_handler(inner: Option<Arc<Inner>>) -> Self {
        Self { inner, by_handler: true, module: PhantomData }
    }

    /// Makes a shard for `key`, on the node that this node's view gives it to *now*: two callers either
    /// side of a membership change get different nodes; *to meet others under a key, use
    /// [`keyed_shard`](Self::keyed_shard)*.
    ///
    /// The shard is *pinned*: all its calls go to one boot of one node, for as long as that lives. The
    /// key is at most 128 bytes of text or bytes, or an integer; it travels with every call, and the
    /// handler reads it as `state.key()`. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NoHost`] when no node hosts the module, [`Error::NotReady`] before the view has settled,
    /// [`Error::Key`] when the key is too long, [`Error::NotRegistered`] when the node was not told of the
    /// module, [`Error::Draining`] when this node has stopped.
    pub fn create_shard(&self, key: impl Into<Key>) -> Result<M::Shard, Error> {
        let (inner, entry) = self.open()?;
        let key = key.into();
        key.check()?;
        if inner.door.admission.phase() == Phase::Stopped {
            return Err(Error::Draining);
        }
        if !inner.door.is_ready() {
            return Err(Error::NotReady);
        }
        let placements = inner.door.placements();
        let owner = placements.owner(entry.index, Slot::of(&key)).cloned();
        let owner = owner.ok_or_else(|| Error::NoHost { module: M::NAME.to_owned() })?;
        Ok(shard(inner, entry, key, pinned(&owner.name, owner.boot), None))
    }

    /// Makes a shard that follows `key`: each of its calls goes to the node that owns the key at that moment,
    /// as the caller's view has it. Everybody who uses the same key meets on that node, unless their views
    /// differ.
    ///
    /// The receiver checks that it owns the key in its own view, and else refuses before anything starts; the
    /// call is then tried again, at most three times and within its deadline, and after that fails as not
    /// started. An open stream stays where it was opened. While two nodes see different members, both may own a key. When the owner changes, nothing
    /// is carried over unless the module does it in its [hooks](crate::guide::cluster): the new one starts with
    /// what it has. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotReady`] before the view has settled, [`Error::Key`] when the key is too long,
    /// [`Error::NotRegistered`] when the node was not told of the module. That nobody hosts it is for the
    /// calls to find out.
    pub fn keyed_shard(&self, key: impl Into<Key>) -> Result<M::Shard, Error> {
        let (inner, entry) = self.open()?;
        let key = key.into();
        key.check()?;
        if !inner.door.is_ready() {
            return Err(Error::NotReady);
        }
        let slot = Slot::of(&key);
        Ok(shard(inner, entry, key, Binding::Keyed { slot }, None))
    }

    /// Makes a shard from a token that came back from outside, or from another shard: the same node as
    /// for whoever made it.
    ///
    /// # Errors
    ///
    /// [`Error::Token`] when the token is not of this cluster and module, has expired, was tampered with,
    /// or is bound to an actor (then see [`get_shard_for`](Self::get_shard_for)). The error is the same
    /// for all of these, and may be shown to a client.
    pub fn get_shard(&self, token: &impl AsToken) -> Result<M::Shard, Error> {
        self.verified(&token.as_token(), None)
    }

    /// Makes a shard from a token that is bound to the actor of `state`.
    ///
    /// # Errors
    ///
    /// As [`get_shard`](Self::get_shard); and when the token is bound to another actor or to none.
    pub fn get_shard_for(&self, state: &State, token: &impl AsToken) -> Result<M::Shard, Error> {
        // A state without an actor proves nothing: it must not open a token bound to the empty name.
        let Some(actor) = state.actor() else {
            return Err(Self::refused(&TokenError::no_subject()));
        };
        self.verified(&token.as_token(), Some(actor))
    }

    /// A shard for this node itself, with an empty key.
    ///
    /// # Errors
    ///
    /// [`Error::NoHost`] when this node calls the module and does not host it, be it for want of a role or, for a
    /// module with a limit, of a seat; [`Error::Draining`] when it drains or has stopped, unless a handler asks its
    /// own [`State`]: what it has begun may go on.
    pub fn local_shard(&self) -> Result<M::Shard, Error> {
        let (inner, entry) = self.open()?;
        let name = inner.door.name.clone();
        if entry.object.is_none() || inner.door.placements().is_without_seat(entry.index, &name) {
            return Err(Error::NoHost { module: M::NAME.to_owned() });
        }
        let latest = if self.by_handler { Phase::Closing } else { Phase::Announcing };
        if inner.door.admission.phase() > latest {
            return Err(Error::Draining);
        }
        Ok(shard(inner, entry, Key::default(), pinned(&name, inner.door.boot()), None))
    }

    /// A broadcast to every node that hosts the module when a method of it is called; if it has a limit, to
    /// every node that has a seat.
    ///
    /// # Panics
    ///
    /// When the module was given to the node neither with `.module(..)` nor with `.client_of::<..>()`,
    /// or the handle comes from a state that no handler was given.
    #[must_use]
    pub fn create_broadcast(&self) -> M::Broadcast {
        match self.open() {
            Ok((inner, entry)) => {
                let home = Arc::clone(inner) as Arc<dyn Any + Send + Sync>;
                M::__broadcast(BroadcastLink::new(Arc::clone(&inner.door), home, entry))
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn verified(&self, token: &ShardToken, subject: Option<&str>) -> Result<M::Shard, Error> {
        let (inner, entry) = self.open()?;
        let claims = inner.minter.verify(token, M::NAME, subject);
        let claims = claims.map_err(|error| Self::refused(&error))?;
        let binding = if claims.keyed {
            Binding::Keyed { slot: Slot::of(&claims.key) }
        } else {
            let boot = Boot::new(claims.boot);
            let node = inner.door.view().by_boot(boot).map(|member| member.name.clone());
            Binding::Pinned { boot, node, digest: claims.node }
        };
        Ok(shard(inner, entry, claims.key, binding, Some(token.clone())))
    }

    /// The reason is for the log, and for nobody else.
    fn refused(error: &TokenError) -> Error {
        tracing::info!(module = M::NAME, reason = %error.reason(), "a token was refused");
        Error::Token(error.clone())
    }

    fn open(&self) -> Result<(&Arc<Inner>, Arc<Entry<M>>), Error> {
        let inner = self.inner.as_ref().ok_or(Error::NoNode)?;
        let entry = inner.door.registry.of::<M>();
        let entry = entry.ok_or_else(|| Error::NotRegistered { module: M::NAME.to_owned() })?;
        Ok((inner, entry))
    }
}

pub(super) fn pinned(node: &NodeName, boot: Boot) -> Binding {
    Binding::Pinned { boot, node: Some(node.clone()), digest: node_digest(node.as_str()) }
}

fn shard<M: ShardedModule>(
    inner: &Arc<Inner>,
    entry: Arc<Entry<M>>,
    key: Key,
    binding: Binding,
    token: Option<ShardToken>,
) -> M::Shard {
    let core = ShardCore {
        door: Arc::clone(&inner.door),
        home: Arc::clone(inner) as Arc<dyn Any + Send + Sync>,
        module: M::NAME,
        module_index: entry.index,
        key,
        binding,
        token,
        minter: Arc::clone(&inner.minter),
    };
    M::__shard(ShardLink::new(core, entry))
}
