//! A call that has come over a link: checked, started, and polled where it was read.

use core::future::Future as _;
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

use super::arrival::Arrival;
use super::inner::Inner;
use super::slots;
use crate::call::{
    Bounds, Door, LONGEST_CALL, Meant, Outflow, Peer, Share, WrongId, answer_of, span, to_its_end,
};
use crate::dispatch::{AnyEntry, Egress, Facts, Inbound, RowNumber, Running, panic_text};
use crate::route::Key;
use crate::route::hash::Slot;
use crate::state::{Data, Entry, SharedSignal, State, TraceContext};
use crate::wire::chunk::CHUNK;
use crate::wire::cursor::Malformed;
use crate::wire::{Answer, CallHead, NotStarted, Owner};

/// Streams that one peer may have open here.
const STREAMS: usize = 256;

/// What a method may take of the link's own task before it is named in the log.
const IN_LINE: Duration = Duration::from_micros(100);

/// Handles a call. Its answer goes to `answers` when the method is ready at once, and is not large. `kept` is there
/// for a call that came in chunks: it is read in a task of its own, since reading what is large takes its time.
/// `false`: it is one that a node never makes. `now` is when it starts, and then when it has been polled: one look at
/// the clock for each call.
///
/// # Errors
///
/// When it is not a call, or came before: the link is then closed.
pub(super) fn on_call(
    inner: &Arc<Inner>,
    peer: &Arc<Peer>,
    (id, arrival): (u64, Arrival),
    (body, kept): (&Bytes, Option<[Share; 2]>),
    now: &mut Instant,
    answers: &mut Vec<u8>,
) -> Result<bool, NoCall> {
    let in_line = kept.is_none();
    let mut started = match start(inner, peer, (id, arrival), (body, kept), *now)? {
        Ok(started) => started,
        Err(reason) => {
            answers.extend_from_slice(Answer::not_started(id, &reason).as_bytes());
            return Ok(!matches!(reason, NotStarted::UnknownMethod { .. } | NotStarted::Refused(_)));
        }
    };
    let Some(answer) = (if in_line { started.poll_here(inner, now) } else { None }) else {
        started.go_on(inner);
        return Ok(true);
    };
    if answer.as_bytes().len() <= CHUNK {
        answers.extend_from_slice(answer.as_bytes());
    } else {
        // A closed outbox means that nobody waits any more.
        let _ = peer.outbox.push_reply(answer.into_frame());
    }
    started.running.recycle();
    Ok(true)
}

/// What came is not a call.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoCall {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    WrongId(#[from] WrongId),
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
}

fn start(
    inner: &Arc<Inner>,
    peer: &Arc<Peer>,
    (id, arrival): (u64, Arrival),
    (body, kept): (&Bytes, Option<[Share; 2]>),
    now: Instant,
) -> Result<Result<Started, NotStarted>, NoCall> {
    let (head, args_at) = CallHead::read(body)?;
    peer.served.note(id)?;
    let door = &inner.door;
    if head.boot != door.boot().get() {
        return Ok(Err(NotStarted::BootGone));
    }
    let meant = if head.owner.is_some() { Meant::ForOwner } else { Meant::ForBoot };
    let admitted = match door.admission.admit(head.depth, meant) {
        Ok(admitted) => admitted,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(mut serving) = Serving::enter(peer, id, inner.settings.in_flight_per_peer) else {
        return Ok(Err(NotStarted::Overloaded));
    };
    if !peer.outbox.has_room() || door.bytes_out.is_full() {
        // The other side does not read what it asks for, or nobody does: no more answers are made.
        return Ok(Err(NotStarted::Overloaded));
    }
    let row = RowNumber(head.row);
    let Some(entry) = door.registry.hosted(row) else { return Ok(Err(unknown_row(None, row))) };
    let Ok(key) = Key::from_wire(head.key) else {
        return Ok(Err(NotStarted::Refused("the key is malformed".to_owned())));
    };
    if let Some(owner) = head.owner
        && let Err(reason) = check_owner(inner, peer, entry.index(), &key, owner)
    {
        return Ok(Err(reason));
    }
    let Ok(data) = head.data.map(Data::decode).transpose() else {
        return Ok(Err(NotStarted::Refused("the state's data is malformed".to_owned())));
    };
    // One that cannot be read is as none: no call is lost for its trace.
    let trace = head.trace.and_then(|trace| TraceContext::from_wire(trace).ok());
    let remaining = head.remaining.map_or(door.call_deadline, Duration::from_micros);
    let deadline = arrival.deadline(remaining);
    if deadline <= now {
        return Ok(Err(NotStarted::Expired));
    }
    if meant == Meant::ForBoot {
        door.admission.note_use(now);
    }
    let Facts { name, detached, streams, blocks } = entry.facts(row.method());
    let at = Entry {
        key,
        at: None,
        // A stream has no end of its own, and what it calls on its way must not end with its opening. What is detached
        // has none either.
        deadline: (!streams && !detached).then_some(deadline),
        timeout: None,
        caller: (peer.name.clone(), peer.boot),
        span: span::is_enabled(),
        home: Arc::clone(inner) as Arc<dyn Any + Send + Sync>,
    };
    let state = State::arrived(head.actor, data, trace, head.depth, at);
    let span = span::of_handler(entry.name(), name, &state);
    let patience = head.patience.map_or(remaining, Duration::from_micros).min(LONGEST_CALL);
    let call = Inbound {
        id,
        body: body.clone(),
        args_at,
        state: state.clone(),
        limits: door.limits,
        patience,
        span,
        own_task: kept.is_some(),
        line: blocks.then(|| Arc::clone(&door.line)),
        _place: admitted,
    };
    let flow = streams.then(|| Outflow::new(peer, id));
    serving.entered = streams;
    if let Some(flow) = &flow
        && !peer.served.enter_stream(id, signal_of(&state), Arc::clone(flow), STREAMS)
    {
        return Ok(Err(NotStarted::Overloaded));
    }
    let to = flow.clone().map(|flow| flow as Arc<dyn Egress>);
    let Some(running) = entry.start(row.method(), call, to) else {
        return Ok(Err(unknown_row(Some(entry.as_ref()), row)));
    };
    let running = match slots::in_time(inner, entry.index(), head.owner, (id, deadline), running) {
        Ok(running) => running,
        Err(reason) => return Ok(Err(reason)),
    };
    Ok(Ok(Started { name, deadline, meant, running, serving, kept, state, detached, flow }))
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
        return Err(NotStarted::Refused("the slot is not the key's".to_owned()));
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

fn unknown_row(entry: Option<&dyn AnyEntry>, row: RowNumber) -> NotStarted {
    NotStarted::UnknownMethod {
        module: entry.map_or_else(|| format!("#{}", row.module()), |entry| entry.name().to_owned()),
        method: format!("#{}", row.method()),
    }
}

impl Started {
    /// Polls the handler once, in the link's own task: most methods are ready then, and never meet the
    /// scheduler.
    fn poll_here(&mut self, inner: &Inner, now: &mut Instant) -> Option<Answer> {
        // The row catches what the method throws; this is for what is thrown around it, by the drop of a
        // user's value for one, which must not end the link.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            Pin::new(&mut self.running).poll(&mut Context::from_waker(Waker::noop()))
        }));
        let before = core::mem::replace(now, inner.door.now_on_worker());
        let took = now.saturating_duration_since(before);
        // Of a stream that includes its first items, which are many at times.
        let may_take = if self.flow.is_some() { 10 * IN_LINE } else { IN_LINE };
        if took > may_take {
            inner.watchdog.slow(self.name, took);
        }
        match polled {
            Ok(Poll::Ready(answer)) => Some(self.as_answer(answer)),
            Ok(Poll::Pending) => None,
            Err(panic) => {
                // It has no end of its own.
                self.running = Running::new(core::future::pending());
                Some(self.as_answer(Answer::panicked(self.serving.id, &panic_text(&*panic))))
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
    async fn finish(mut self, door: Arc<Door>) {
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
        drop(self.kept);
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
    fn enter(peer: &Arc<Peer>, id: u64, limit: usize) -> Option<Self> {
        let place = Self { peer: Arc::clone(peer), id, entered: false };
        let before = peer.serving.fetch_add(1, Ordering::AcqRel);
        (before < limit as u64).then_some(place)
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
        on_call(inner, peer, (id, arrival), (&body, None), &mut now, &mut answers).unwrap();
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
