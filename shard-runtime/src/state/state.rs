use core::any::Any;
use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::context::{CallSignal, Context, SharedContext, in_trace};
use super::signal::SharedSignal;
use super::{Caller, Data, DataError, Home, TraceContext};
use crate::membership::Boot;
use crate::route::Key;

/// The context that a call carries: the actor on whose behalf it is made, the key of the shard it
/// went through, the time it has left, and data of the user's own.
///
/// A method of a sharded module may take `state: &State` first. It is no argument: the caller hands
/// its own `State` to the proxy, the runtime carries it beside the arguments, and the method sees the
/// caller's actor and data with the shard's key and what is left of the deadline. A method without
/// that parameter loses nothing: inside it, and inside everything that it awaits,
/// [`State::current`] is that same context, and the proxies it calls use it by themselves.
///
/// Cloning is cheap (one reference count).
///
/// # Example
///
/// ```
/// use shard_runtime::State;
///
/// let state = State::new().with_actor("alice").with_data("league", &7_u32)?;
/// assert_eq!(state.actor(), Some("alice"));
/// assert_eq!(state.data::<u32>("league")?, Some(7));
/// # Ok::<(), shard_runtime::DataError>(())
/// ```
#[derive(Clone, Default)]
pub struct State(SharedContext);

impl State {
    /// The longest name of an actor, in bytes. A call with a longer one fails as not started.
    pub const MAX_ACTOR: usize = 1024;

    /// An empty context: no actor, no key, no data, and the node's default deadline for each call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same context, on behalf of `actor`: a user's or a session's name, at most
    /// [`MAX_ACTOR`](Self::MAX_ACTOR) bytes.
    #[must_use]
    pub fn with_actor(mut self, actor: impl AsRef<str>) -> Self {
        self.0.change().actor = Some(Arc::from(actor.as_ref()));
        self
    }

    /// The same context with `value` under `name`, encoded now.
    ///
    /// # Errors
    ///
    /// When the value cannot be encoded, or all the data together would pass 16 KiB.
    pub fn with_data<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Result<Self, DataError> {
        let data = self.0.data.as_deref().cloned().unwrap_or_default().with(name, value)?;
        self.0.change().data = Some(Arc::new(data));
        Ok(self)
    }

    /// The same context, in which every call must have ended by `deadline` (unless its own is earlier).
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        let context = self.0.change();
        context.deadline = Some(context.deadline.map_or(deadline, |old| old.min(deadline)));
        self
    }

    /// The same context as a part of a trace, such as the one that an HTTP request came with.
    #[must_use]
    pub fn with_trace(mut self, trace: TraceContext) -> Self {
        self.0.change().trace = Some(trace);
        self
    }

    /// On whose behalf the call is made: a name that the caller set, `None` if it set none. Peers are
    /// trusted: a node believes what another node says here.
    pub fn actor(&self) -> Option<&str> {
        self.0.actor.as_deref()
    }

    /// The key of the shard through which the call came; the empty key in a broadcast, on a local shard
    /// and outside of any call.
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// The value that was put under `name`, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// When there is one, but not a `T`.
    pub fn data<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DataError> {
        self.0.data.as_deref().map_or(Ok(None), |data| data.get(name))
    }

    /// When the caller stops waiting; `None` outside of any call, and in a method that gives a stream, which has no
    /// end of its own.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The node that called; `None` outside of any call.
    pub fn caller(&self) -> Option<Caller<'_>> {
        self.0.home.as_ref().map(|home| Caller::new(home.caller(), self.0.boot))
    }

    /// The trace that the call is a part of, in a handler with the id of the handler's own span: what to hand to
    /// whatever else the handler asks. `None` if the caller had none and nobody subscribes to the runtime's spans.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.0.trace.as_ref()
    }

    /// Waits until nobody waits for the result of this call any more: its caller has dropped the call's future,
    /// the link to it was lost, or the deadline has passed. Never ends outside of any call.
    ///
    /// An `async` method need not ask: its future is dropped at that moment, at whichever `.await` it stands. This
    /// is for what it has begun elsewhere, in a task for one, and for `#[detached]` methods.
    pub async fn cancelled(&self) {
        let given_up = async {
            match self.0.signal.get() {
                Some(signal) => signal.given_up().await,
                None => core::future::pending().await,
            }
        };
        match self.0.deadline {
            Some(deadline) => drop(tokio::time::timeout_at(deadline, given_up).await),
            None => given_up.await,
        }
    }

    /// Whether nobody waits for the result of this call any more, as [`cancelled`](Self::cancelled) says: for
    /// `#[blocking]` methods, to ask now and then.
    pub fn is_cancelled(&self) -> bool {
        self.0.signal.get().is_some_and(|signal| signal.is_given_up())
            || self.0.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// The same context with another end, whatever it had.
    pub(crate) fn ending_at(mut self, deadline: Instant, timeout: Duration) -> Self {
        let context = self.0.change();
        (context.deadline, context.timeout) = (Some(deadline), Some(timeout));
        self
    }

    pub(crate) fn raw_data(&self) -> Option<&[u8]> {
        self.0.data.as_deref().map(Data::encoded)
    }

    pub(crate) fn depth(&self) -> u8 {
        self.0.depth
    }

    pub(crate) fn home(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.0.home.as_ref().map(|home| home.node())
    }

    pub(crate) fn signal(&self) -> Option<&SharedSignal> {
        self.0.signal.get()
    }

    /// The context that a handler sees for a call made in this one. However the caller came by this context, the
    /// call is part of the one that the task is handling, if there is one: it may not last longer, and counts as
    /// one step more.
    pub(crate) fn entering(&self, around: Around, entry: Entry) -> Self {
        let deadline = earlier(earlier(self.0.deadline, around.deadline), entry.deadline);
        let depth = self.0.depth.max(around.depth).saturating_add(1);
        let (trace, parent) = in_trace(self.0.trace.clone().or(around.trace), entry.span);
        let state = self.entering_untraced(Entry { deadline, ..entry }, depth);
        if trace.is_none() { state } else { state.traced(trace, parent) }
    }

    /// The same of a call that is a part of no trace, and whose end and depth are known.
    #[inline]
    pub(super) fn entering_untraced(&self, entry: Entry, depth: u8) -> Self {
        Self(SharedContext::filled(|context| {
            context.actor.clone_from(&self.0.actor);
            context.data.clone_from(&self.0.data);
            entry.fill(context, depth);
        }))
    }

    /// The same context in a trace, of a call that has just been made.
    fn traced(mut self, trace: Option<TraceContext>, parent: Option<[u8; 8]>) -> Self {
        let context = self.0.change();
        (context.trace, context.parent) = (trace, parent);
        self
    }

    /// The context of a call that came over the wire, in the memory of one over the same link that has ended, if that
    /// has left it in `vacant`.
    #[inline]
    pub(crate) fn arrived(call: Arrived<'_>, vacant: &mut Self) -> Self {
        Self(SharedContext::filled_in(&mut vacant.0, |context| call.fill(context)))
    }

    /// Leaves the memory to the next call over the same link, if this is the last share.
    #[inline]
    pub(crate) fn leave_to(self, vacant: &mut Self) {
        self.0.leave_to(&mut vacant.0);
    }

    /// The span that this call's is a part of, if that is known.
    pub(crate) fn parent_span(&self) -> Option<[u8; 8]> {
        self.0.parent
    }

    /// When what is made in this context must have ended, whatever time it asks for itself.
    pub(crate) fn outer_deadline(&self) -> Option<Instant> {
        earlier(self.0.deadline, Self::around().deadline)
    }

    /// How long the call may take, whatever is left of the time of those around it.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.0.timeout
    }

    /// The same context without an end: what goes on after the call that opened it.
    pub(crate) fn without_deadline(mut self) -> Self {
        self.0.change().deadline = None;
        self
    }
}

/// The call that a task is handling, for the calls that it makes: however they come by their context, they are a part
/// of that one.
#[derive(Clone, Default)]
pub(crate) struct Around {
    pub(super) deadline: Option<Instant>,
    pub(super) depth: u8,
    pub(super) trace: Option<TraceContext>,
}

impl Around {
    #[inline]
    pub(super) fn of(state: &State) -> Self {
        Self { deadline: state.deadline(), depth: state.depth(), trace: state.trace().cloned() }
    }
}

pub(super) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// What the runtime knows of a call at the moment it enters a handler.
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) deadline: Option<Instant>,
    pub(crate) timeout: Option<Duration>,
    /// The boot under which the caller makes the call.
    pub(crate) boot: Boot,
    /// Whether the call has a span of its own.
    pub(crate) span: bool,
    pub(crate) home: Arc<dyn Home>,
}

impl Entry {
    #[inline]
    fn fill(self, context: &mut Context, depth: u8) {
        context.key = self.key;
        context.deadline = self.deadline;
        context.timeout = self.timeout;
        context.depth = depth;
        context.boot = self.boot;
        context.signal = CallSignal::of_call();
        context.home = Some(self.home);
    }
}

/// A call that has come over a link, as its handler sees it.
pub(crate) struct Arrived<'a> {
    /// It is taken out.
    pub(crate) luggage: &'a mut Option<Luggage<'a>>,
    pub(crate) depth: u8,
    pub(crate) key: Key,
    pub(crate) deadline: Option<Instant>,
    /// The boot under which the caller makes the call.
    pub(crate) boot: Boot,
    /// Whether the call has a span of its own.
    pub(crate) span: bool,
    /// The same for all calls of a link.
    pub(crate) home: &'a Arc<dyn Home>,
}

/// What most calls do not have.
#[derive(Default)]
pub(crate) struct Luggage<'a> {
    pub(crate) actor: Option<&'a str>,
    pub(crate) data: Option<Data>,
    /// As the caller tells it.
    pub(crate) trace: Option<TraceContext>,
}

impl Luggage<'_> {
    fn fill(self, context: &mut Context, span: bool) {
        context.actor = self.actor.map(Arc::from);
        context.data = self.data.map(Arc::new);
        (context.trace, context.parent) = in_trace(self.trace, span);
    }
}

impl Arrived<'_> {
    #[inline]
    fn fill(self, context: &mut Context) {
        // Without it there is nothing of it in the context either.
        if self.span || self.luggage.is_some() {
            self.luggage.take().unwrap_or_default().fill(context, self.span);
        }
        context.key = self.key;
        context.deadline = self.deadline;
        context.timeout = None;
        context.depth = self.depth;
        context.boot = self.boot;
        context.signal = CallSignal::of_call();
        if !context.home.as_ref().is_some_and(|home| Arc::ptr_eq(home, self.home)) {
            context.home = Some(Arc::clone(self.home));
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("actor", &self.0.actor)
            .field("key", &self.0.key)
            .field("data", &self.0.data.as_deref().map(Data::names))
            .field("deadline", &self.0.deadline)
            .field("caller", &self.caller().map(|caller| caller.node().as_str()))
            .finish_non_exhaustive()
    }
}
