//! A shard without a node, for tests of code that uses shards.

mod items;

use core::any::{Any, TypeId};
use core::future::pending;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::handle::pinned;
use super::module::{self, ShardedModule};
use crate::call::{Binding, BroadcastLink, CallSettings, Door, Minter, ShardCore, ShardLink};
use crate::dispatch::{
    AnyEntry, Egress, Entry, FakeRows, Inbound, Never, Registry, Running, not_encoded, stream_fingerprint,
};
use crate::membership::{Boot, HostedModule, Member, MemberState, NodeName, View};
use crate::route::Key;
use crate::state::State;
use crate::trust::{KeyRing, Secret, Secrets};
use crate::wire::{Answer, Codec as _, EncodeError, Limits, NotStarted, Shape, Unknown, Wire, combine};

/// A module that is none: its shards and broadcasts run closures instead of methods, and there is no node.
///
/// For tests of code that *uses* shards: what it does when a method gives this or fails like that, and how often it
/// calls. The calls go through the codec, with the deadlines and errors of real ones. A method that was given no
/// closure is [`NotStarted::UnknownMethod`].
///
/// Closures take the call's [`State`] and the arguments as a tuple of owned types: `(String, u32)` for `player: &str,
/// points: u32`, `(String,)` for one, `()` for none. That the types are the method's is checked when the closure is
/// given. A method that is given another closure, or another fate, has it for all shards, those too that were there
/// before: so a test goes on from one scene to the next.
///
/// # Example
///
/// ```
/// use shard_runtime::testing::Fake;
/// use shard_runtime::{NotStarted, sharded_module};
///
/// pub struct Lobby;
///
/// #[sharded_module]
/// impl Lobby {
///     pub async fn join(&self, player: &str) -> u32 {
///         unimplemented!("{player} needs a real lobby")
///     }
/// }
///
/// /// The code that is tested.
/// async fn greeting(lobby: &LobbyShard, player: &str) -> String {
///     match lobby.join(player).await {
///         Ok(place) => format!("you are number {place}"),
///         Err(_) => "come back later".to_owned(),
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let lobby = Fake::<Lobby>::new().on("join", |_, (player,): (String,)| player.len() as u32);
/// assert_eq!(greeting(&lobby.shard("eu"), "alice").await, "you are number 5");
/// assert_eq!(lobby.calls("join"), 1);
///
/// let lobby = lobby.fail("join", NotStarted::Overloaded);
/// assert_eq!(greeting(&lobby.shard("eu"), "alice").await, "come back later");
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Fake<M: ShardedModule> {
    door: Arc<Door>,
    entry: Arc<Entry<M>>,
    rows: Arc<Rows>,
    minter: Arc<Minter>,
}

/// What runs instead of a method.
type Start = Arc<dyn Fn(Inbound, Option<Arc<dyn Egress>>) -> Running + Send + Sync>;

/// The closures by the methods' rows, and how often each was called.
struct Rows {
    module: &'static str,
    names: Vec<&'static str>,
    starts: Mutex<BTreeMap<usize, Start>>,
    calls: Vec<AtomicUsize>,
}

impl FakeRows for Rows {
    fn start(&self, row: usize, call: Inbound, to: Option<Arc<dyn Egress>>) -> Option<Running> {
        let (calls, method) = (self.calls.get(row)?, *self.names.get(row)?);
        calls.fetch_add(1, Ordering::AcqRel);
        let start = self.starts.lock().unwrap_or_else(PoisonError::into_inner).get(&row).cloned();
        Some(match start {
            Some(start) => start(call, to),
            None => without_closure(&call, self.module, method),
        })
    }
}

impl<M: ShardedModule> Default for Fake<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: ShardedModule> Fake<M> {
    /// A fake of which no method has a closure.
    ///
    /// # Panics
    ///
    /// When the module has a method whose types cannot travel, which a real node would refuse as well.
    #[must_use]
    pub fn new() -> Self {
        let rows = Arc::new(Rows {
            module: M::NAME,
            names: M::ROWS.iter().map(|row| row.facts.name).collect(),
            starts: Mutex::default(),
            calls: M::ROWS.iter().map(|_| AtomicUsize::new(0)).collect(),
        });
        let mut entry = module::entry::<M>(0, None).unwrap_or_else(|error| panic!("{error}"));
        entry.fake = Some(Arc::clone(&rows) as Arc<dyn FakeRows>);
        let entry = Arc::new(entry);
        let registry = Registry::new(vec![(TypeId::of::<M>(), Arc::clone(&entry) as Arc<dyn AnyEntry>)]);
        let name = node_name();
        let mut me = Member::new(name.clone(), Boot::new(1));
        me.state = MemberState::Active;
        me.modules = vec![HostedModule::new(M::NAME, 0)];
        let calls = CallSettings {
            deadline: Duration::from_secs(5),
            limits: Limits::default(),
            running: usize::MAX,
            force_wire: true,
        };
        let door = Arc::new(Door::new(name, Boot::new(1), registry, View::new(vec![me]), calls));
        door.set_ready();
        let secret = Secret::new([7; 32]).unwrap_or_else(|error| panic!("{error}"));
        let minter = Arc::new(Minter::new(Arc::new(KeyRing::new(&Secrets::new(secret), "fake"))));
        Self { door, entry, rows, minter }
    }

    /// Runs `run` for calls of `method`, one that cannot fail. Its result is the call's.
    ///
    /// # Panics
    ///
    /// When there is no such method, or it has other types.
    #[must_use]
    pub fn on<A, T>(self, method: &str, run: impl Fn(&State, A) -> T + Send + Sync + 'static) -> Self
    where
        A: DeserializeOwned,
        T: Serialize + DeserializeOwned,
    {
        self.check(method, combine(of::<A>(), of::<T>(), 0));
        self.put(method, move |call, args| {
            let value = call.state.clone().scope_blocking(|| run(&call.state, args));
            Answer::value(call.id, &value, &call.limits)
        })
    }

    /// Runs `run` for calls of `method`, one that gives a `Result`. Its result is the call's.
    ///
    /// # Panics
    ///
    /// When there is no such method, or it has other types.
    #[must_use]
    pub fn try_on<A, T, E>(
        self,
        method: &str,
        run: impl Fn(&State, A) -> Result<T, E> + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned,
        T: Serialize + DeserializeOwned,
        E: Serialize + DeserializeOwned + 'static,
    {
        self.check(method, combine(of::<A>(), of::<T>(), of_error::<E>()));
        self.put(method, move |call, args| {
            match call.state.clone().scope_blocking(|| run(&call.state, args)) {
                Ok(value) => Answer::value(call.id, &value, &call.limits),
                Err(error) => Answer::module(call.id, &error, &call.limits),
            }
        })
    }

    /// Opens the stream that `open` gives for calls of `method`, one that gives a stream.
    ///
    /// Its items are taken no faster than they are read. To stay open after the last of them it goes on with
    /// `futures::stream::pending()`; it is dropped when its reader goes.
    ///
    /// # Panics
    ///
    /// When there is no such method, or it has other types.
    #[must_use]
    pub fn on_stream<A, S>(self, method: &str, open: impl Fn(&State, A) -> S + Send + Sync + 'static) -> Self
    where
        A: DeserializeOwned,
        S: Stream + Send + 'static,
        S::Item: Serialize + DeserializeOwned + Send,
    {
        self.on_stream_until(method, move |state, args: A| open(state, args).map(Ok))
    }

    /// The same for a stream that breaks off: its items are `Result`s, and the first `Err` is the failure with which
    /// the reader's stream ends.
    ///
    /// # Panics
    ///
    /// When there is no such method, or it has other types.
    ///
    /// # Example
    ///
    /// ```
    /// use futures::{Stream, StreamExt as _, stream};
    /// use shard_runtime::testing::Fake;
    /// use shard_runtime::{Unknown, sharded_module};
    ///
    /// pub struct Clock;
    ///
    /// #[sharded_module]
    /// impl Clock {
    ///     pub fn ticks(&self) -> impl Stream<Item = u32> {
    ///         stream::iter(0..)
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let clock = Fake::<Clock>::new()
    ///     .on_stream_until("ticks", |_, ()| stream::iter([Ok(7_u32), Err(Unknown::ConnectionLost)]));
    /// let mut ticks = clock.shard("utc").ticks().await.unwrap();
    /// assert_eq!(ticks.next().await, Some(Ok(7)));
    /// assert!(ticks.next().await.unwrap().is_err());
    /// assert_eq!(ticks.next().await, None);
    /// # });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn on_stream_until<A, S, T>(
        self,
        method: &str,
        open: impl Fn(&State, A) -> S + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned,
        S: Stream<Item = Result<T, Unknown>> + Send + 'static,
        T: Serialize + DeserializeOwned + Send,
    {
        self.check(method, stream_fingerprint(combine(of::<A>(), of::<T>(), 0)));
        self.put_stream(method, move |state, args| Ok::<S, Never>(open(state, args)))
    }

    /// Opens the stream that `open` gives for calls of `method`, one that gives a `Result` of a stream. An error is the
    /// call's.
    ///
    /// # Panics
    ///
    /// When there is no such method, or it has other types.
    #[must_use]
    pub fn try_on_stream<A, S, E>(
        self,
        method: &str,
        open: impl Fn(&State, A) -> Result<S, E> + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned,
        S: Stream + Send + 'static,
        S::Item: Serialize + DeserializeOwned + Send,
        E: Serialize + DeserializeOwned + 'static,
    {
        self.check(method, stream_fingerprint(combine(of::<A>(), of::<S::Item>(), of_error::<E>())));
        self.put_stream(method, move |state, args: A| open(state, args).map(|stream| stream.map(Ok)))
    }

    /// Lets calls of `method` fail as not started.
    ///
    /// # Panics
    ///
    /// When there is no such method.
    #[must_use]
    pub fn fail(self, method: &str, reason: NotStarted) -> Self {
        self.start(method, move |call, _| {
            Running::new(core::future::ready(Answer::not_started(call.id, &reason)))
        })
    }

    /// Lets calls of `method` fail so that nobody can tell whether it ran.
    ///
    /// # Panics
    ///
    /// When there is no such method.
    #[must_use]
    pub fn lose(self, method: &str, reason: Unknown) -> Self {
        self.start(method, move |call, _| {
            Running::new(core::future::ready(Answer::unknown(call.id, &reason)))
        })
    }

    /// Lets calls of `method` have no end, so that they fail at their deadlines.
    ///
    /// # Panics
    ///
    /// When there is no such method.
    #[must_use]
    pub fn hang(self, method: &str) -> Self {
        self.start(method, |call, _| {
            Running::new(async move {
                let _held = call;
                pending().await
            })
        })
    }

    /// A shard for `key`, with as many calls as one likes to this fake.
    ///
    /// # Panics
    ///
    /// When the key is too long.
    #[must_use]
    pub fn shard(&self, key: impl Into<Key>) -> M::Shard {
        let key = key.into();
        key.check().unwrap_or_else(|error| panic!("{error}"));
        let core = ShardCore {
            door: Arc::clone(&self.door),
            home: home(),
            module: M::NAME,
            module_index: 0,
            key,
            binding: binding(),
            token: None,
            minter: Arc::clone(&self.minter),
        };
        M::__shard(ShardLink::new(core, Arc::clone(&self.entry)))
    }

    /// A broadcast that addresses one node, called `fake`.
    #[must_use]
    pub fn broadcast(&self) -> M::Broadcast {
        M::__broadcast(BroadcastLink::new(Arc::clone(&self.door), home(), Arc::clone(&self.entry)))
    }

    /// How often `method` has been called.
    ///
    /// # Panics
    ///
    /// When there is no such method.
    #[must_use]
    pub fn calls(&self, method: &str) -> usize {
        self.rows.calls[self.row(method)].load(Ordering::Acquire)
    }

    fn put<A: DeserializeOwned>(
        self,
        method: &str,
        run: impl Fn(&Inbound, A) -> Result<Answer, EncodeError> + Send + Sync + 'static,
    ) -> Self {
        let run = Arc::new(run);
        self.start(method, move |call, _| {
            let run = Arc::clone(&run);
            Running::new(async move {
                match Wire::decode::<A>(call.args_bytes(), &call.limits) {
                    Ok(args) => run(&call, args).unwrap_or_else(|error| unsent(&call, error)),
                    Err(_) => Answer::not_started(call.id, &wrong_arguments()),
                }
            })
        })
    }

    fn put_stream<A, S, T, E>(
        self,
        method: &str,
        open: impl Fn(&State, A) -> Result<S, E> + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned,
        S: Stream<Item = Result<T, Unknown>> + Send + 'static,
        T: Serialize + Send,
        E: Serialize,
    {
        let open = Arc::new(open);
        self.start(method, move |call, to| {
            let open = Arc::clone(&open);
            Running::new(async move {
                let (Some(to), Some(opened)) = (to, opened(&call, &*open)) else {
                    return Answer::not_started(call.id, &wrong_arguments());
                };
                match opened {
                    Ok(stream) => items::send(&call, &*to, stream).await,
                    Err(answer) => answer,
                }
            })
        })
    }

    fn start(
        self,
        method: &str,
        start: impl Fn(Inbound, Option<Arc<dyn Egress>>) -> Running + Send + Sync + 'static,
    ) -> Self {
        let row = self.row(method);
        self.rows.starts.lock().unwrap_or_else(PoisonError::into_inner).insert(row, Arc::new(start));
        self
    }

    fn row(&self, method: &str) -> usize {
        let Rows { module, names, .. } = &*self.rows;
        let row = names.iter().position(|name| *name == method);
        row.unwrap_or_else(|| panic!("module `{module}` has no method `{method}`, but {names:?}"))
    }

    fn check(&self, method: &str, fingerprint: u64) {
        let row = self.row(method);
        let theirs = self.entry.signatures.get(row).map_or(0, |signature| signature.shape);
        assert!(
            theirs == fingerprint,
            "the closure for `{}::{method}` has other types than the method: it takes the arguments as a tuple of owned types, and gives what the method gives",
            M::NAME
        );
    }
}

fn home() -> Arc<dyn Any + Send + Sync> {
    // Not a node: a closure that asks its state for one is told so.
    Arc::new(())
}

fn binding() -> Binding {
    pinned(&node_name(), Boot::new(1))
}

/// What a closure gives for a call, its own error as an answer; nothing if the arguments are not the closure's.
fn opened<A: DeserializeOwned, S, E: Serialize>(
    call: &Inbound,
    open: &impl Fn(&State, A) -> Result<S, E>,
) -> Option<Result<S, Answer>> {
    let args = Wire::decode::<A>(call.args_bytes(), &call.limits).ok()?;
    let opened = call.state.clone().scope_blocking(|| open(&call.state, args));
    Some(opened.map_err(|error| {
        let answer = Answer::module(call.id, &error, &call.limits);
        answer.unwrap_or_else(|error| unsent(call, error))
    }))
}

fn without_closure(call: &Inbound, module: &str, method: &str) -> Running {
    let reason = NotStarted::UnknownMethod { module: module.to_owned(), method: method.to_owned() };
    Running::new(core::future::ready(Answer::not_started(call.id, &reason)))
}

fn unsent(call: &Inbound, error: EncodeError) -> Answer {
    Answer::unknown(call.id, &not_encoded(error))
}

fn node_name() -> NodeName {
    NodeName::try_from("fake").unwrap_or_else(|error| panic!("{error}"))
}

fn of<T: DeserializeOwned>() -> u64 {
    Shape::of::<T>().map_or(0, |shape| shape.fingerprint)
}

fn of_error<E: DeserializeOwned + 'static>() -> u64 {
    if TypeId::of::<E>() == TypeId::of::<Never>() { 0 } else { of::<E>() }
}

fn wrong_arguments() -> NotStarted {
    NotStarted::CannotDecode("the arguments are not those of the fake's closure".to_owned())
}
