//! A call that has come over a link: checked, started, and polled where it was read.

use core::future::Future;
use core::panic::AssertUnwindSafe;
use core::pin::{Pin, pin};
use core::sync::atomic::Ordering;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::any::Any;
use std::panic::catch_unwind;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use tokio::time::Instant;
use tracing::Span;

use super::arrival::Arrival;
use super::inner::Inner;
use super::slots;
use crate::call::{
    Admission, Bounds, Door, LONGEST_CALL, Meant, Outflow, Peer, Share, WrongId, answer_of, span, to_its_end,
};
use crate::dispatch::{
    Admitted, AnyEntry, AtOnce, Egress, Facts, Inbound, NotPlain, Place, RowNumber, Running, Runs,
    panic_taken,
};
use crate::route::Key;
use crate::route::hash::Slot;
use crate::state::{Arrived, Data, Home, Luggage, Origin, SharedSignal, State, TraceContext};
use crate::wire::chunk::CHUNK;
use crate::wire::cursor::Malformed;
use crate::wire::{Answer, CallHead, HEADER_LEN, NotStarted, Owner};

/// Streams that one peer may have open here.
const STREAMS: usize = 256;

/// What a method may take of the link's own task before it is named in the log.
const IN_LINE: Duration = Duration::from_micros(100);

/// What a call came in.
pub(super) enum Payload<'a> {
    /// Bytes that stay where they were read, and will be overwritten: the body of a call of a method that never waits.
    InPlace(&'a [u8], Method<'a>),
    /// A body by itself. The room that it takes is there for one that came in chunks: that is read in a task of its
    /// own, since reading what is large takes its time.
    Whole(&'a Bytes, &'a mut Option<[Share; 2]>),
}

impl<'a> Payload<'a> {
    #[inline]
    fn bytes(&self) -> &'a [u8] {
        match self {
            Self::InPlace(body, _) => body,
            Self::Whole(body, _) => body,
        }
    }
}

/// A method of a module that this node hosts.
#[derive(Clone, Copy)]
pub(super) struct Method<'a> {
    entry: &'a dyn AnyEntry,
    row: RowNumber,
    facts: &'a Facts,
}

impl<'a> Method<'a> {
    #[inline]
    fn find(inner: &'a Inner, row: u32) -> Option<Self> {
        let row = RowNumber(row);
        let (entry, facts) = inner.door.registry.find(row)?;
        Some(Self { entry, row, facts })
    }
}

/// The method that a call is for, if the call can be run where it was read.
#[inline]
pub(super) fn plain_method<'a>(inner: &'a Inner, body: &[u8]) -> Option<Method<'a>> {
    let row = u32::from_le_bytes(*body.first_chunk()?);
    Method::find(inner, row).filter(|method| method.facts.runs == Runs::AtOnce)
}

/// What the calls of one link have in common.
pub(super) struct Desk {
    home: Arc<dyn Home>,
    /// When it is to be noted again that the other side uses this boot.
    note_at: Option<Instant>,
    /// Before then the node has not stood still.
    calm_until: Instant,
    /// What the last call that was run where it was read has left of its context.
    vacant: State,
}

impl Desk {
    pub(super) fn new(inner: &Arc<Inner>, peer: &Peer) -> Self {
        let node = Arc::clone(inner) as Arc<dyn Any + Send + Sync>;
        Self {
            home: Arc::new(Origin::new(peer.name.clone(), node)),
            note_at: None,
            calm_until: inner.door.pulse.calm_until(),
            vacant: State::new(),
        }
    }

    /// The time, and a look at whether the node has stood still: as [`Door::now_on_worker`], which has to be asked once
    /// in a tick only.
    #[inline]
    pub(super) fn now(&mut self, door: &Door) -> Instant {
        let now = Instant::now();
        if now < self.calm_until { now } else { self.look(door) }
    }

    #[cold]
    fn look(&mut self, door: &Door) -> Instant {
        let now = door.now_on_worker();
        self.calm_until = door.pulse.calm_until();
        now
    }

    /// Not of each call: what is known of this is known in milliseconds.
    #[inline]
    fn note_use(&mut self, admission: &Admission, now: Instant) {
        if self.note_at.is_none_or(|at| now >= at) {
            self.note_at = Some(now + Duration::from_millis(1));
            admission.note_use(now);
        }
    }

    /// Looks at the clock after a method has had the link's own task, and names one that took too much of it.
    #[inline]
    fn took(&mut self, inner: &Inner, name: &'static str, may_take: Duration, now: &mut Instant) {
        let before = core::mem::replace(now, self.now(&inner.door));
        if *now > before + may_take {
            inner.watchdog.slow(name, now.saturating_duration_since(before));
        }
    }
}

/// Handles a call. Its answer goes to `answers` when the method is ready at once, and is not large. `false`: it is one
/// that a node never makes. `now` is when it starts, and then when it has been polled: one look at the clock for each
/// call.
///
/// # Errors
///
/// When it is not a call, or came before: the link is then closed.
pub(super) fn on_call(
    on: (&Arc<Inner>, &Arc<Peer>, &mut Desk),
    (id, arrival): (u64, Arrival),
    payload: Payload<'_>,
    now: &mut Instant,
    answers: &mut Vec<u8>,
) -> Result<bool, NoCall> {
    let (head, args_at) = CallHead::read(payload.bytes())?;
    on.1.served.note(id)?;
    match begin(on, (id, arrival), (head, args_at), payload, now, answers) {
        Ok(()) => Ok(true),
        Err(reason) => Ok(refuse(id, &reason, answers)),
    }
}

/// Answers a call that does not start. `false`: it is one that a node never makes.
#[cold]
fn refuse(id: u64, reason: &NotStarted, answers: &mut Vec<u8>) -> bool {
    answers.extend_from_slice(Answer::not_started(id, reason).as_bytes());
    !matches!(reason, NotStarted::UnknownMethod { .. } | NotStarted::Refused(_))
}

/// What came is not a call.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoCall {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    WrongId(#[from] WrongId),
}

/// Checks a call, and runs it to its end where it was read, or starts it.
fn begin(
    (inner, peer, desk): (&Arc<Inner>, &Arc<Peer>, &mut Desk),
    (id, arrival): (u64, Arrival),
    (head, args_at): (CallHead<'_>, usize),
    payload: Payload<'_>,
    now: &mut Instant,
    answers: &mut Vec<u8>,
) -> Result<(), NotStarted> {
    let door = &inner.door;
    if head.boot != door.boot().get() {
        return Err(NotStarted::BootGone);
    }
    let meant = if head.owner.is_some() { Meant::ForOwner } else { Meant::ForBoot };
    let place = door.admission.admit(head.depth, meant)?;
    let most = inner.settings.in_flight_per_peer as u64;
    if peer.serving.load(Ordering::Acquire) >= most || !peer.outbox.has_room() || door.bytes_out.is_full() {
        // The other side does not read what it asks for, or nobody does: no more answers are made.
        return Err(NotStarted::Overloaded);
    }
    let method = match &payload {
        Payload::InPlace(_, method) => *method,
        Payload::Whole(..) => {
            Method::find(inner, head.row).ok_or_else(|| unknown_row(None, RowNumber(head.row)))?
        }
    };
    let Method { entry, row, facts: &Facts { name, runs, detached } } = method;
    let key = Key::from_wire(head.key).map_err(|_| refused("the key is malformed"))?;
    if let Some(owner) = head.owner {
        check_owner(inner, peer, entry.index(), &key, owner)?;
    }
    let has_luggage = head.actor.is_some() || head.data.is_some() || head.trace.is_some();
    let mut luggage = if has_luggage { Some(luggage(head.actor, head.data, head.trace)?) } else { None };
    let remaining = head.remaining.map_or(door.call_deadline, Duration::from_micros);
    let deadline = arrival.deadline(remaining);
    if deadline <= *now {
        return Err(NotStarted::Expired);
    }
    if meant == Meant::ForBoot {
        desk.note_use(&door.admission, *now);
    }
    let traced = span::is_enabled();
    let arrived = Arrived {
        luggage: &mut luggage,
        depth: head.depth,
        key,
        // A stream has no end of its own, and what it calls on its way must not end with its opening. What is detached
        // has none either.
        deadline: (runs != Runs::AsStream && !detached).then_some(deadline),
        boot: peer.boot,
        span: traced,
        home: &desk.home,
    };
    let state = State::arrived(arrived, &mut desk.vacant);
    let span = if traced { span::of_handler(entry.name(), name, &state) } else { None };
    let in_place = match (&payload, head.owner) {
        (Payload::InPlace(body, _), None) => Some(body),
        (Payload::InPlace(body, _), Some(owner)) => {
            slots::is_here(inner, entry.index(), owner)?.then_some(body)
        }
        (Payload::Whole(..), _) => None,
    };
    if let Some(body) = in_place {
        let args = body.get(args_at..).unwrap_or_default();
        let from = answers.len();
        let counted = InPlace::enter(peer);
        let call = AtOnce { id, args, state: &state, limits: &door.limits, span: None, own_task: false };
        // What the method throws is caught in there.
        let run = match span {
            None => entry.run_at_once(row.method(), &call, answers),
            Some(span) => run_in_span(entry, row.method(), call, span, answers),
        };
        drop(counted);
        desk.took(inner, name, IN_LINE, now);
        if let Some(running) = run.map_err(|NotPlain| unknown_row(Some(entry), row))? {
            let (place, serving) = (Some(place.keep()), Serving::enter(peer, id));
            let (kept, flow) = (None, None);
            let started =
                Started { name, deadline, meant, running, serving, kept, state, detached, flow, place };
            follow((inner, peer, desk), started, now, answers);
            return Ok(());
        }
        if answers.len().saturating_sub(from) > HEADER_LEN + CHUNK {
            leave(peer, answers, from);
        }
        state.leave_to(&mut desk.vacant);
        return Ok(());
    }
    let patience = head.patience.map_or(remaining, Duration::from_micros).min(LONGEST_CALL);
    let owner = head.owner;
    let call = Checked { id, method, meant, owner, deadline, patience, args_at, state, span, place };
    start((inner, peer, desk), call, payload, now, answers)
}

/// What goes with a call for whoever handles it.
#[inline(never)]
fn luggage<'a>(
    actor: Option<&'a str>,
    data: Option<&[u8]>,
    trace: Option<&[u8]>,
) -> Result<Luggage<'a>, NotStarted> {
    let data = data.map(Data::decode).transpose();
    let data = data.map_err(|_| refused("the state's data is malformed"))?;
    // One that cannot be read is as none: no call is lost for its trace.
    let trace = trace.and_then(|trace| TraceContext::from_wire(trace).ok());
    Ok(Luggage { actor, data, trace })
}

/// A call that may start.
struct Checked<'a> {
    id: u64,
    method: Method<'a>,
    meant: Meant,
    owner: Option<Owner>,
    deadline: Instant,
    /// How long the reader of a stream may take nothing.
    patience: Duration,
    args_at: usize,
    state: State,
    span: Option<Box<Span>>,
    place: Place<'a>,
}

/// Starts a handler that may have to wait. By itself, so that what need not wait makes nothing of it.
#[inline(never)]
fn start(
    (inner, peer, desk): (&Arc<Inner>, &Arc<Peer>, &mut Desk),
    call: Checked<'_>,
    payload: Payload<'_>,
    now: &mut Instant,
    answers: &mut Vec<u8>,
) -> Result<(), NotStarted> {
    let Checked { id, method, meant, owner, deadline, patience, args_at, state, span, place } = call;
    let Method { entry, row, facts: &Facts { name, runs, detached } } = method;
    let (body, kept) = match payload {
        Payload::InPlace(body, _) => (Bytes::copy_from_slice(body), None),
        Payload::Whole(body, kept) => (body.clone(), kept.take()),
    };
    let streams = runs == Runs::AsStream;
    let call = Inbound {
        id,
        body,
        args_at,
        state: state.clone(),
        limits: inner.door.limits,
        patience,
        span,
        own_task: kept.is_some(),
        line: (runs == Runs::OnThread).then(|| Arc::clone(&inner.door.line)),
        _place: place.keep(),
    };
    let mut serving = Serving::enter(peer, id);
    let flow = streams.then(|| Outflow::new(peer, id));
    serving.entered = streams;
    if let Some(flow) = &flow
        && !peer.served.enter_stream(id, signal_of(&state), Arc::clone(flow), STREAMS)
    {
        return Err(NotStarted::Overloaded);
    }
    let to = flow.clone().map(|flow| flow as Arc<dyn Egress>);
    let running = entry.start(row.method(), call, to);
    let running = running.ok_or_else(|| unknown_row(Some(entry), row))?;
    let running = slots::in_time(inner, entry.index(), owner, (id, deadline), running)?;
    let place = None;
    let started = Started { name, deadline, meant, running, serving, kept, state, detached, flow, place };
    follow((inner, peer, desk), started, now, answers);
    Ok(())
}

/// Sees to what has been started: it is polled here first, unless its call is large, and then goes on in a task of its
/// own.
fn follow(
    (inner, peer, desk): (&Arc<Inner>, &Arc<Peer>, &mut Desk),
    mut started: Started,
    now: &mut Instant,
    answers: &mut Vec<u8>,
) {
    let in_line = started.kept.is_none();
    let Some(answer) = (if in_line { started.poll_here(inner, desk, now) } else { None }) else {
        started.go_on(inner);
        return;
    };
    if answer.as_bytes().len() <= CHUNK {
        answers.extend_from_slice(answer.as_bytes());
    } else {
        // A closed outbox means that nobody waits any more.
        let _ = peer.outbox.push_reply(answer.into_frame());
    }
    started.running.recycle();
}

/// A handler that has been started.
struct Started {
    name: &'static str,
    deadline: Instant,
    meant: Meant,
    running: Running,
    serving: Serving,
    /// The room that its arguments take, if they are large.
    kept: Option<[Share; 2]>,
    state: State,
    /// Whether it goes on when nobody waits for it.
    detached: bool,
    /// Of a method that gives a stream: where that goes.
    flow: Option<Arc<Outflow>>,
    /// The handler's place among the running ones, if it has not got it itself.
    place: Option<Admitted>,
}

/// Runs a method that never waits in a span, which may also throw, by who listens to it.
#[inline(never)]
fn run_in_span(
    entry: &dyn AnyEntry,
    row: usize,
    call: AtOnce<'_>,
    span: Box<Span>,
    answers: &mut Vec<u8>,
) -> Result<Option<Running>, NotPlain> {
    let (id, from) = (call.id, answers.len());
    let run = catch_unwind(AssertUnwindSafe(|| {
        let span = span;
        entry.run_at_once(row, &AtOnce { span: Some(&span), ..call }, answers)
    }));
    run.unwrap_or_else(|panic| {
        answers.truncate(from);
        answers.extend_from_slice(Answer::panicked(id, &panic_taken(panic)).as_bytes());
        Ok(None)
    })
}

/// Takes an answer out of `answers`, from where it begins: it is large, and is to leave in chunks.
#[cold]
fn leave(peer: &Peer, answers: &mut Vec<u8>, from: usize) {
    // A closed outbox means that nobody waits any more.
    let _ =
        peer.outbox.push_reply(if from == 0 { core::mem::take(answers) } else { answers.split_off(from) });
}

/// Whether this node owns the key of a keyed call, in its own view. A caller that has another view is told this
/// one, which by itself refuses and delays nothing.
fn check_owner(
    inner: &Inner,
    peer: &Arc<Peer>,
    module_index: usize,
    key: &Key,
    owner: Owner,
) -> Result<(), NotStarted> {
    let door = &inner.door;
    let slot = Slot::of(key);
    if slot.number() != owner.slot {
        return Err(refused("the slot is not the key's"));
    }
    let placements = door.placements();
    if placements.view.digest() != owner.view {
        inner.gossip.sync(peer, true);
    }
    match placements.owner(module_index, slot) {
        Some(host) if host.boot == door.boot() => Ok(()),
        other => {
            let owner = other.map(|host| host.name.as_str().to_owned());
            Err(NotStarted::WrongOwner { owner, view: placements.view.digest() })
        }
    }
}

#[cold]
fn refused(why: &str) -> NotStarted {
    NotStarted::Refused(why.to_owned())
}

#[cold]
fn unknown_row(entry: Option<&dyn AnyEntry>, row: RowNumber) -> NotStarted {
    NotStarted::UnknownMethod {
        module: entry.map_or_else(|| format!("#{}", row.module()), |entry| entry.name().to_owned()),
        method: format!("#{}", row.method()),
    }
}

impl Started {
    /// Polls the handler once, in the link's own task: most methods are ready then, and never meet the
    /// scheduler.
    fn poll_here(&mut self, inner: &Inner, desk: &mut Desk, now: &mut Instant) -> Option<Answer> {
        // The row catches what the method throws; this is for what is thrown around it, by the drop of a
        // user's value for one, which must not end the link.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            Pin::new(&mut self.running).poll(&mut Context::from_waker(Waker::noop()))
        }));
        // Of a stream that includes its first items, which are many at times.
        desk.took(inner, self.name, if self.flow.is_some() { 10 * IN_LINE } else { IN_LINE }, now);
        match polled {
            Ok(Poll::Ready(answer)) => Some(self.as_answer(answer)),
            Ok(Poll::Pending) => None,
            Err(panic) => {
                // It has no end of its own.
                self.running = Running::new(core::future::pending());
                Some(self.as_answer(Answer::panicked(self.serving.id, &panic_taken(panic))))
            }
        }
    }

    /// Runs on in a task of its own, where the caller can stop it.
    fn go_on(mut self, inner: &Arc<Inner>) {
        if self.flow.is_none() {
            self.serving.entered = true;
            self.serving.peer.served.enter(self.serving.id, signal_of(&self.state));
        }
        // The end of the node is the end of what it has admitted, and nothing else has to stop it.
        drop(inner.tasks().spawn(self.finish(Arc::clone(&inner.door))));
    }

    /// Runs the rest of a handler that was not ready, no longer than its caller waits.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn finish(mut self, door: Arc<Door>) -> impl Future<Output = ()> + Send + 'static {
        async move {
            let id = self.serving.id;
            let signal = signal_of(&self.state);
            let answer = if let Some(flow) = &self.flow {
                to_its_end(&door, (id, self.deadline), &signal, &**flow, &mut self.running).await
            } else {
                let bounds = if self.detached {
                    Bounds { deadline: None, signal: None }
                } else {
                    Bounds { deadline: Some(self.deadline), signal: Some(&signal) }
                };
                let rest = pin!(AssertUnwindSafe(&mut self.running).catch_unwind());
                let ended = door.admission.finish(bounds, rest).await;
                if ended.is_err() {
                    // What it has begun elsewhere is told as well.
                    signal.give_up();
                }
                answer_of(id, ended)
            };
            if self.meant == Meant::ForBoot {
                door.admission.note_use(Instant::now());
            }
            let answer = self.as_answer(answer);
            // A closed outbox means that nobody waits any more.
            let _ = self.serving.peer.outbox.push_reply(answer.into_frame());
            drop((self.kept, self.place));
        }
    }

    /// The answer of the call, or the end of the stream that it has become.
    fn as_answer(&self, answer: Answer) -> Answer {
        let open = self.flow.as_ref().is_some_and(|flow| flow.is_open());
        if open { answer.into_stream_end() } else { answer }
    }
}

/// Every call has one.
fn signal_of(state: &State) -> SharedSignal {
    state.signal().cloned().unwrap_or_else(SharedSignal::new)
}

/// A call's place among those that one peer may have running here.
struct Serving {
    peer: Arc<Peer>,
    id: u64,
    /// Whether later frames of the peer find the call.
    entered: bool,
}

impl Serving {
    /// Its link alone adds to them, so that whoever has looked before may enter.
    fn enter(peer: &Arc<Peer>, id: u64) -> Self {
        peer.serving.fetch_add(1, Ordering::AcqRel);
        Self { peer: Arc::clone(peer), id, entered: false }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.entered {
            self.peer.served.leave(self.id);
        }
        self.peer.serving.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The same of a call that ends where it was read, and that nobody else has to find.
struct InPlace<'a>(&'a Peer);

impl<'a> InPlace<'a> {
    fn enter(peer: &'a Peer) -> Self {
        peer.serving.fetch_add(1, Ordering::AcqRel);
        Self(peer)
    }
}

impl Drop for InPlace<'_> {
    fn drop(&mut self) {
        self.0.serving.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::call::Completion;
    use crate::testing::Cluster;
    use crate::wire::{FrameKind, write_frame};

    /// The head of a call that is for nobody in particular.
    pub(in crate::node) fn head(inner: &Inner) -> CallHead<'static> {
        CallHead {
            row: 0,
            boot: inner.door.boot().get(),
            remaining: Some(60_000_000),
            depth: 1,
            key: &[],
            actor: None,
            data: None,
            owner: None,
            trace: None,
            patience: None,
        }
    }

    fn body(inner: &Inner) -> Vec<u8> {
        let mut body = Vec::new();
        head(inner).write(&mut body).unwrap();
        body
    }

    fn answer(inner: &Arc<Inner>, peer: &Arc<Peer>, id: u64, body: &[u8]) -> Vec<u8> {
        let (mut answers, arrival) = (Vec::new(), Arrival { at: Instant::now(), lost: Duration::ZERO });
        let (body, mut now) = (Bytes::copy_from_slice(body), inner.door.now_on_worker());
        let mut desk = Desk::new(inner, peer);
        on_call(
            (inner, peer, &mut desk),
            (id, arrival),
            Payload::Whole(&body, &mut None),
            &mut now,
            &mut answers,
        )
        .unwrap();
        answers
    }

    /// Nothing else runs between the end of the pause and the call.
    #[tokio::test]
    async fn a_call_that_comes_first_after_a_pause_is_for_a_boot_that_has_gone() {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        let inner = cluster.node(0).inside();
        let peer = inner.links().pop().unwrap();
        let body = body(inner);
        let (before, after) = (1 << 32, 2 << 32);
        let gone = |id| Answer::not_started(id, &NotStarted::BootGone);
        assert_ne!(answer(inner, &peer, before, &body), gone(before).as_bytes());
        std::thread::sleep(Duration::from_millis(2_600));
        assert_eq!(answer(inner, &peer, after, &body), gone(after).as_bytes());
    }

    /// On all links together, so that one peer, or many, cannot fill the memory with what others do not read.
    #[tokio::test]
    async fn no_call_is_taken_while_as_many_bytes_wait_to_be_written_as_may() {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        let inner = cluster.node(0).inside();
        let peer = inner.links().pop().unwrap();
        let (body, room) = (body(inner), &inner.door.bytes_out);
        let full = |id| Answer::not_started(id, &NotStarted::Overloaded);
        room.force(1 << 28);
        assert_eq!(answer(inner, &peer, 1 << 32, &body), full(1 << 32).as_bytes());
        room.give(1 << 28);
        assert_ne!(answer(inner, &peer, 2 << 32, &body), full(2 << 32).as_bytes());
    }

    #[expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]
    #[crate::sharded_module(crate = crate)]
    impl Thrower {
        fn throw(&self) {
            std::panic::panic_any(Bomb);
        }

        fn long(&self, bytes: usize) -> String {
            "x".repeat(bytes)
        }
    }

    struct Thrower;

    /// What throws again as it goes.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "again");
        }
    }

    #[tokio::test]
    async fn what_is_run_in_place_ends_no_link_and_leaves_what_was_answered_before() {
        let cluster = Cluster::of(2, |node| node.module(Thrower)).await.unwrap();
        let inner = cluster.node(0).inside();
        let peer = inner.links().pop().unwrap();
        let mut desk = Desk::new(inner, &peer);
        let mut run = |id: u64, row: u32, args: &[u8], answers: &mut Vec<u8>| {
            let mut body = Vec::new();
            CallHead { row, key: &[0], ..head(inner) }.write(&mut body).unwrap();
            body.extend_from_slice(args);
            let method = plain_method(inner, &body).unwrap();
            let (mut now, arrival) =
                (inner.door.now_on_worker(), Arrival { at: Instant::now(), lost: Duration::ZERO });
            let call = Payload::InPlace(&body, method);
            on_call((inner, &peer, &mut desk), (id << 32, arrival), call, &mut now, answers).unwrap();
            assert_eq!(peer.serving.load(Ordering::Acquire), 0);
        };
        let mut answers = b"before".to_vec();
        run(1, 0, &[], &mut answers);
        let panicked = Answer::panicked(1 << 32, "a panic without a message");
        assert_eq!(answers, [b"before", panicked.as_bytes()].concat());
        // Not what the method takes.
        answers.truncate(6);
        run(2, 1, &[], &mut answers);
        assert!(answers.starts_with(b"before") && answers.len() > 6);
        answers.truncate(6);
        run(3, 1, &[200], &mut answers);
        assert!(answers.ends_with(&[b'x'; 200]));
        // In chunks, and by itself.
        answers.truncate(6);
        run(4, 1, &[251, 0x40, 0x9c], &mut answers);
        assert_eq!(answers.len(), 6 + 16 + 1 + 3 + 40_000);
    }

    #[tokio::test]
    async fn no_large_call_is_taken_while_as_many_bytes_have_come_as_may() {
        let cluster = Cluster::of(2, |node| node).await.unwrap();
        let [here, there] = [cluster.node(0).inside(), cluster.node(1).inside()];
        let peer = here.door.peer(there.door.boot()).unwrap();
        let mut body = body(there);
        body.resize(3 * CHUNK, 0);
        for (held, is_full) in [(1 << 28, true), (0, false)] {
            there.door.bytes_in.force(held);
            let call = peer.pending.wait(Instant::now() + Duration::from_secs(10), None).unwrap();
            let mut frame = Vec::new();
            write_frame(&mut frame, FrameKind::Call, call.id(), &body).unwrap();
            peer.outbox.push_reply(frame).unwrap();
            let Completion::Reply(reply) = call.await else { panic!("it was not answered") };
            assert_eq!(
                reply == Answer::not_started(0, &NotStarted::Overloaded).into_body(),
                is_full,
                "{reply:?}"
            );
            there.door.bytes_in.give(held);
            assert_eq!(there.door.bytes_in.used(), 0);
        }
    }
}
