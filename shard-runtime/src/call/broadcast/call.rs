//! One call to every node that hosts a module.

use core::any::Any;
use core::fmt;
use core::future::IntoFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};

use crate::call::door::Door;
use crate::call::peer::{body_of, encode_failure};
use crate::call::reply::outcome_of;
use crate::call::{CallError, Failure, Meant, Method, here};
use crate::dispatch::{AnyEntry, Entry, Never, OutcomePassage, RemoteMethod};
use crate::membership::{Boot, NodeName};
use crate::route::Key;
use crate::state::State;
use crate::wire::NotStarted;

/// Nodes that are called at the same time; the others wait their turn.
const FAN_OUT: usize = 64;

/// A broadcast proxy's way to the nodes.
pub struct BroadcastLink<Mo: 'static> {
    door: Arc<Door>,
    home: Arc<dyn Any + Send + Sync>,
    entry: Arc<Entry<Mo>>,
}

impl<Mo> Clone for BroadcastLink<Mo> {
    fn clone(&self) -> Self {
        Self { door: Arc::clone(&self.door), home: Arc::clone(&self.home), entry: Arc::clone(&self.entry) }
    }
}

impl<Mo: Send + Sync + 'static> BroadcastLink<Mo> {
    pub(crate) fn new(door: Arc<Door>, home: Arc<dyn Any + Send + Sync>, entry: Arc<Entry<Mo>>) -> Self {
        Self { door, home, entry }
    }

    pub(crate) fn module(&self) -> &'static str {
        self.entry.name
    }

    /// The context of a broadcast that is made in `state`.
    #[must_use]
    pub fn enter(&self, state: &State) -> State {
        self.door.enter(state, Key::default(), &self.home)
    }

    /// The context of a broadcast that is made in the task's own.
    #[must_use]
    pub fn current(&self) -> State {
        self.enter(&State::current())
    }

    /// Prepares a call to every node that hosts the module now: the arguments are encoded, once for all.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "generated code has them ready, and no use for them afterwards"
    )]
    pub fn call<M>(&self, state: &State, args: M::Args<'_>) -> BroadcastCall<M::Value, M::Error>
    where
        M: RemoteMethod<Module = Mo>,
    {
        let mut bytes = Vec::new();
        let encoded = (M::PASSAGE.encode_args)(&args, &mut bytes, &self.door.limits);
        let placements = self.door.placements();
        let hosts = placements.hosts(self.entry.index).iter();
        let targets = hosts.map(|host| (host.name.clone(), host.boot)).collect();
        BroadcastCall {
            work: Work {
                door: Arc::clone(&self.door),
                entry: Arc::clone(&self.entry) as Arc<dyn AnyEntry>,
                name: M::NAME,
                row: M::INDEX,
                state: state.clone(),
                args: encoded.map(|()| Bytes::from(bytes)).map_err(encode_failure),
            },
            targets,
            passage: M::PASSAGE.outcome,
        }
    }
}

/// A broadcast that has been prepared; awaiting it makes the calls.
///
/// It addresses the nodes that host the module in this node's view at the moment it was prepared.
#[must_use = "a broadcast does nothing until it is awaited"]
pub struct BroadcastCall<T, E = Never> {
    work: Work,
    targets: Vec<(NodeName, Boot)>,
    passage: OutcomePassage<T, E>,
}

struct Work {
    door: Arc<Door>,
    entry: Arc<dyn AnyEntry>,
    name: &'static str,
    row: usize,
    state: State,
    args: Result<Bytes, NotStarted>,
}

impl<T, E> IntoFuture for BroadcastCall<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    type Output = Replies<T, E>;
    type IntoFuture = BoxFuture<'static, Replies<T, E>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { work, targets, passage } = self;
        async move {
            let work = &work;
            let one = |(node, boot): (NodeName, Boot)| async move {
                let outcome = work.one(boot).await;
                let outcome = outcome.and_then(|body| outcome_of(passage, &body, &work.door.limits));
                (node, outcome)
            };
            let mut calls = futures::stream::iter(targets.into_iter().map(one)).buffer_unordered(FAN_OUT);
            let mut replies = Replies { errors: BTreeMap::new(), values: BTreeMap::new() };
            while let Some((node, outcome)) = calls.next().await {
                replies.insert(node, outcome);
            }
            replies
        }
        .boxed()
    }
}

impl Work {
    /// The body of one node's reply.
    async fn one(&self, boot: Boot) -> Result<Bytes, Failure> {
        let args = self.args.clone()?;
        let now = self.door.now();
        if boot == self.door.boot() {
            let place = self.door.admission.admit(self.state.depth(), Meant::ForBoot)?;
            let context = (&self.state, now);
            return here::run(&self.door, &*self.entry, self.row, args, context, place).await;
        }
        let method = Method::new(&*self.entry, self.name, self.row);
        let waiting = self.door.send(boot, &method, (&self.state, now), None, |out| {
            out.extend_from_slice(&args);
            Ok(())
        })?;
        body_of(waiting.await)
    }
}

impl<T, E> fmt::Debug for BroadcastCall<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes: Vec<&NodeName> = self.targets.iter().map(|(node, _)| node).collect();
        f.debug_struct("BroadcastCall")
            .field("method", &self.work.name)
            .field("nodes", &nodes)
            .finish_non_exhaustive()
    }
}

/// What a broadcast brought back: every node that was addressed, exactly once, here or there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replies<T, E = Never> {
    /// The nodes from which no value came, and why.
    pub errors: BTreeMap<NodeName, CallError<E>>,
    /// The nodes that answered with a value.
    pub values: BTreeMap<NodeName, T>,
}

impl<T, E> Replies<T, E> {
    /// Errors by node and values by node, in this order, as the ancestor gave them.
    pub fn into_parts(self) -> (BTreeMap<NodeName, CallError<E>>, BTreeMap<NodeName, T>) {
        (self.errors, self.values)
    }

    /// How many nodes were addressed.
    pub fn len(&self) -> usize {
        self.errors.len() + self.values.len()
    }

    /// Whether nobody was addressed: no node hosts the module.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn insert(&mut self, node: NodeName, outcome: Result<Result<T, E>, Failure>) {
        match outcome {
            Ok(Ok(value)) => {
                self.values.insert(node, value);
            }
            Ok(Err(error)) => {
                self.errors.insert(node.clone(), CallError::Module { error, node });
            }
            Err(failure) => {
                let error = CallError::from_failure(failure, &node);
                self.errors.insert(node, error);
            }
        }
    }
}
