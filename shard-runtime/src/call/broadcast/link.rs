//! Where generated code prepares broadcasts.

use core::any::Any;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::call::{BroadcastCall, Targets};
use super::opening::Opening;
use super::request::Request;
use crate::call::Incoming;
use crate::call::call_frame::encode_failure;
use crate::call::door::Door;
use crate::dispatch::{AnyEntry, Entry, RemoteMethod, StreamMethod};
use crate::route::Key;
use crate::state::{Home, Origin, State};

/// A broadcast proxy's way to the nodes.
pub struct BroadcastLink<Mo: 'static> {
    door: Arc<Door>,
    home: Arc<Origin>,
    entry: Arc<Entry<Mo>>,
}

impl<Mo> Clone for BroadcastLink<Mo> {
    fn clone(&self) -> Self {
        Self { door: Arc::clone(&self.door), home: Arc::clone(&self.home), entry: Arc::clone(&self.entry) }
    }
}

/// The context of a broadcast, and when the one that it is made in ends: no time of its own that a broadcast is
/// given may be longer.
pub struct Entered {
    pub(super) state: State,
    pub(super) outer: Option<Instant>,
    /// How long it may take, if it is not told otherwise.
    pub(super) timeout: Duration,
}

impl<Mo: Send + Sync + 'static> BroadcastLink<Mo> {
    pub(crate) fn new(door: Arc<Door>, node: Arc<dyn Any + Send + Sync>, entry: Arc<Entry<Mo>>) -> Self {
        let home = Arc::new(Origin::new(door.name.clone(), node));
        Self { door, home, entry }
    }

    pub(crate) fn module(&self) -> &'static str {
        self.entry.name
    }

    /// The context of a broadcast that is made in `state`.
    #[must_use]
    pub fn enter<M: RemoteMethod>(&self, state: &State) -> Entered {
        let entered =
            self.door.enter(state, Key::default(), Arc::clone(&self.home) as Arc<dyn Home>, M::TIMEOUT);
        let timeout = M::TIMEOUT.unwrap_or(self.door.call_deadline);
        Entered { state: entered, outer: state.outer_deadline(), timeout }
    }

    /// The context of a broadcast that is made in the task's own.
    #[must_use]
    pub fn current<M: RemoteMethod>(&self) -> Entered {
        self.enter::<M>(&State::current())
    }

    /// Prepares a call to every node that hosts the module now: the arguments are encoded, once for all.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "generated code has them ready, and no use for them afterwards"
    )]
    pub fn call<M>(&self, entered: &Entered, args: M::Args<'_>) -> BroadcastCall<M::Value, M::Error>
    where
        M: RemoteMethod<Module = Mo>,
    {
        BroadcastCall::new(
            (self.entry.name, M::NAME),
            Arc::new(self.request::<M>(&args)),
            self.targets(),
            entered,
        )
    }

    /// Prepares the same of a method that gives a stream: each node's answer is its stream.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "generated code has them ready, and no use for them afterwards"
    )]
    pub fn open<M>(&self, entered: &Entered, args: M::Args<'_>) -> BroadcastCall<Incoming<M::Value>, M::Error>
    where
        M: StreamMethod<Module = Mo>,
    {
        let opening = Opening(self.request::<M>(&args));
        BroadcastCall::new((self.entry.name, M::NAME), Arc::new(opening), self.targets(), entered)
    }

    fn request<M: RemoteMethod<Module = Mo>>(&self, args: &M::Args<'_>) -> Request<M::Value, M::Error> {
        let mut bytes = Vec::new();
        let encoded = (M::PASSAGE.encode_args)(args, &mut bytes, &self.door.limits);
        Request {
            door: Arc::clone(&self.door),
            entry: Arc::clone(&self.entry) as Arc<dyn AnyEntry>,
            name: M::NAME,
            row: M::INDEX,
            args: encoded.map(|()| Bytes::from(bytes)).map_err(encode_failure),
            passage: M::PASSAGE.outcome,
        }
    }

    fn targets(&self) -> Targets {
        let placements = self.door.placements();
        let hosts = placements.hosts(self.entry.index).iter();
        let boots: BTreeMap<_, _> = hosts.map(|host| (host.name.clone(), host.boot)).collect();
        Targets { boots, view: Arc::clone(&placements.view), here: self.door.boot() }
    }
}
