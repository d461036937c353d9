//! One live link to another node, as the calls that go over it see it.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::call_frame::call_frame;
use super::door::Outgoing;
use super::in_flight::InFlight;
use super::inflow::Inflow;
use super::outbox::{Outbox, Stamp, Unsent, Way};
use super::pending::{Completion, Pending, Rejected};
use super::room::Room;
use super::scratch::Scratch;
use super::served::Served;
use super::{Failure, Method};
use crate::dispatch::{AnyEntry, RowNumber};
use crate::membership::{Boot, NodeName};
use crate::wire::stream::write_credit;
use crate::wire::{
    Answer, Body, EncodeError, FrameKind, HEADER_LEN, NotStarted, Tables, Unknown, write_frame,
};

/// A link that has been authenticated and over which both tables have been told.
pub(crate) struct Peer {
    pub(crate) name: NodeName,
    pub(crate) boot: Boot,
    /// The boot under which this node made the link: it ends with that.
    pub(crate) ours: Boot,
    /// Whether this node dialled.
    pub(crate) dialled: bool,
    pub(crate) outbox: Outbox,
    pub(crate) pending: Pending,
    /// How many of the peer's calls run here now.
    pub(crate) serving: AtomicU64,
    /// Those of them that were not ready at once.
    pub(crate) served: Served,
    budget: Arc<Budget>,
    /// Cancelled when the link is to be closed, and when it has been.
    pub(crate) closed: CancellationToken,
    /// The same, for whoever asks at every call.
    open: AtomicBool,
    /// What our methods are over there, by our module's index and our row.
    matches: Vec<Vec<Match>>,
    farewell: Mutex<Farewell>,
    /// They have said that they make no more calls here.
    their_goodbye: AtomicBool,
    epoch: Instant,
    heard: AtomicU64,
    spoke: AtomicU64,
    times_heard: AtomicU64,
    /// Pings that the other side has not answered.
    pings: AtomicU64,
    /// When a ping may be sent again.
    next_ping: AtomicU64,
    /// When a view sync may be sent again.
    next_sync: AtomicU64,
    /// When one of theirs is taken in again.
    next_sync_heard: AtomicU64,
}

/// Whether another link has taken the place of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Farewell {
    No,
    /// It has, and calls of ours may still wait here.
    Retired,
    /// It has, and we have said that we make no more calls here.
    Said,
}

/// What has become of a link that was to be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reinstated {
    Yes,
    /// No other has replaced it.
    NotRetired,
    /// One of the sides has said goodbye, and makes no more calls on it.
    TooLate,
}

/// How often a view sync may be sent over a link.
const SYNC: Duration = Duration::from_millis(100);

/// How often a ping may be sent over a link.
const PING: Duration = Duration::from_millis(250);

/// How often one is taken in: whoever sends them no sooner than it may is heard, also when the network has held
/// them up a little.
const SYNC_HEARD: Duration = Duration::from_millis(50);

/// What one of our methods is on the other node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Row(RowNumber),
    NoModule,
    NoMethod,
    OtherShape { theirs: u64 },
}

/// What a peer is made from.
pub(crate) struct Introduction {
    pub(crate) name: NodeName,
    pub(crate) boot: Boot,
    pub(crate) ours: Boot,
    pub(crate) dialled: bool,
    pub(crate) in_flight: usize,
    pub(crate) outbox_bytes: usize,
    pub(crate) budget: Arc<Budget>,
    pub(crate) room: Arc<Room>,
}

impl Peer {
    pub(crate) fn new(who: Introduction, theirs: &Tables, ours: &[Arc<dyn AnyEntry>], now: Instant) -> Self {
        Self {
            name: who.name,
            boot: who.boot,
            ours: who.ours,
            dialled: who.dialled,
            outbox: Outbox::new(who.outbox_bytes, who.room),
            pending: Pending::new(who.in_flight),
            serving: AtomicU64::new(0),
            served: Served::default(),
            budget: who.budget,
            closed: CancellationToken::new(),
            open: AtomicBool::new(true),
            matches: ours.iter().map(|entry| match_module(entry.as_ref(), theirs)).collect(),
            farewell: Mutex::new(Farewell::No),
            their_goodbye: AtomicBool::new(false),
            epoch: now,
            heard: AtomicU64::new(0),
            spoke: AtomicU64::new(0),
            times_heard: AtomicU64::new(0),
            pings: AtomicU64::new(0),
            next_ping: AtomicU64::new(0),
            next_sync: AtomicU64::new(0),
            next_sync_heard: AtomicU64::new(0),
        }
    }

    /// Our methods that the other node has under the same name with another shape, as
    /// `(module index, row, their fingerprint)`.
    pub(crate) fn incompatible(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.matches.iter().enumerate().flat_map(|(module, rows)| {
            rows.iter().enumerate().filter_map(move |(row, found)| match found {
                Match::OtherShape { theirs } => Some((module, row, *theirs)),
                _ => None,
            })
        })
    }

    /// Puts one call's frame into the outbox. Nothing is sent when this fails.
    pub(crate) fn send(
        self: Arc<Self>,
        method: &Method<'_>,
        call: &Outgoing<'_>,
        flow: Option<Arc<Inflow>>,
        args: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<InFlight, Failure> {
        let row = self.row(method)?;
        let patience = flow.as_ref().map(|_| call.patience);
        let (id, alone) =
            self.pending.reserve(call.deadline, flow, call.waker).map_err(|rejected| match rejected {
                Rejected::Closed => NotStarted::NotConnected { detail: None },
                Rejected::Full => NotStarted::Overloaded,
            })?;
        let mut in_flight = InFlight::reserved(self, id);
        let peer = in_flight.peer();
        let mut frame = Scratch::take();
        let at = call_frame(&mut frame, id, (row, peer.boot), call, patience, args)?;
        let stamp = Stamp { at, deadline: call.deadline };
        let way = peer.outbox.push(&mut frame, stamp, alone).map_err(|unsent| match unsent {
            Unsent::Closed => NotStarted::NotConnected { detail: None },
            Unsent::Full => NotStarted::Overloaded,
        })?;
        peer.budget.note_call();
        if let Way::Written(now) = way {
            peer.speaks_now(now);
        }
        in_flight.queue(way == Way::InChunks);
        Ok(in_flight)
    }

    /// Waits until one more call may have a place on this link, or it is closed.
    pub(super) async fn room(&self) {
        self.outbox.room().await;
        self.pending.freed().await;
    }

    /// Tells the other side that nobody waits for a call any more, all of which has left.
    pub(super) fn cancel(&self, id: u64) {
        self.control(FrameKind::Cancel, id, &[]);
    }

    /// Ends a call whose reply is not taken, and lets the other side send no more of it. `false`: there is no such call.
    pub(crate) fn refuse_reply(&self, id: u64, reason: &Unknown) -> bool {
        // Whoever has given it up has said so before, and a second time leads to nothing.
        if self.pending.is_live(id) {
            self.control(FrameKind::Cancel, id, &[]);
        }
        self.pending.complete(id, Answer::unknown(id, reason).into_body())
    }

    /// Drops what has not left of a large call: it does not start then. `false`: all of it has.
    pub(super) fn withdraw(&self, id: u64) -> bool {
        self.outbox.withdraw(FrameKind::Call, id)
    }

    /// Tells the other side that so many bytes more of a stream are taken.
    pub(super) fn grant(&self, id: u64, bytes: u32) {
        let mut body = Vec::with_capacity(4);
        write_credit(&mut body, bytes);
        self.control(FrameKind::Credit, id, &body);
    }

    fn control(&self, kind: FrameKind, id: u64, body: &[u8]) {
        let mut frame = Vec::with_capacity(HEADER_LEN + body.len());
        if write_frame(&mut frame, kind, id, body).is_ok() {
            // A closed outbox means that the link has ended, which says the same.
            let _ = self.outbox.push_answer(&frame);
        }
    }

    fn row(&self, method: &Method<'_>) -> Result<RowNumber, NotStarted> {
        let found = self.matches.get(method.entry.index()).and_then(|rows| rows.get(method.row));
        match found.copied().unwrap_or(Match::NoModule) {
            Match::Row(row) => Ok(row),
            Match::NoModule => Err(method.no_host()),
            Match::NoMethod => Err(method.unknown()),
            Match::OtherShape { theirs } => Err(method.incompatible(theirs)),
        }
    }

    /// Notes that bytes have come.
    pub(crate) fn heard_now(&self, now: Instant) {
        self.excuse(now);
        self.times_heard.fetch_add(1, Ordering::Relaxed);
    }

    /// Does not count the silence up to now.
    pub(crate) fn excuse(&self, now: Instant) {
        self.heard.store(self.millis(now), Ordering::Relaxed);
    }

    /// How often something has come.
    pub(crate) fn times_heard(&self) -> u64 {
        self.times_heard.load(Ordering::Relaxed)
    }

    /// Whether a view sync may be sent now; then the next one may not for a while.
    pub(crate) fn sync_due(&self, now: Instant) -> bool {
        self.due(&self.next_sync, now, SYNC)
    }

    /// Whether a view sync that has come is taken in; then the next one is not for a while. Each costs as much as
    /// there are members.
    pub(crate) fn takes_sync(&self, now: Instant) -> bool {
        self.due(&self.next_sync_heard, now, SYNC_HEARD)
    }

    fn due(&self, next: &AtomicU64, now: Instant, pause: Duration) -> bool {
        let (now, then) = (self.millis(now), self.millis(now + pause));
        let taken = |due: u64| (due <= now).then_some(then);
        next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    /// Notes that bytes are about to be written.
    pub(crate) fn speaks_now(&self, now: Instant) {
        self.spoke.store(self.millis(now), Ordering::Relaxed);
    }

    /// How long nothing has been written.
    pub(crate) fn said_nothing_for(&self, now: Instant) -> Duration {
        self.passed(&self.spoke, now)
    }

    /// How long nothing has come.
    pub(crate) fn silent_for(&self, now: Instant) -> Duration {
        self.passed(&self.heard, now)
    }

    /// Asks for a sign of life, unless that was done a moment ago. `false`: the link is closed.
    pub(crate) fn ping(&self, now: Instant) -> bool {
        if !self.due(&self.next_ping, now, PING) {
            return self.is_open();
        }
        let mut ping = Vec::new();
        let made = write_frame(&mut ping, FrameKind::Ping, 0, &[]);
        self.pings.fetch_add(1, Ordering::Relaxed);
        made.is_ok() && self.outbox.push_answer(&ping).is_ok()
    }

    /// So many pongs are to come.
    #[cfg(test)]
    pub(crate) fn expect_pongs(&self, pongs: u64) {
        self.pings.fetch_add(pongs, Ordering::Relaxed);
    }

    /// Notes a pong. `false`: nobody has asked for it.
    pub(crate) fn takes_pong(&self) -> bool {
        self.pings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Milliseconds since the link was made.
    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.duration_since(self.epoch).as_millis()).unwrap_or(u64::MAX)
    }

    fn passed(&self, since: &AtomicU64, now: Instant) -> Duration {
        now.saturating_duration_since(self.epoch + Duration::from_millis(since.load(Ordering::Relaxed)))
    }

    /// Marks a link that another one to the same boot replaces. When no call of ours waits on it any
    /// more it takes none again and a goodbye is due (`true`, once); it is closed when both sides have
    /// come that far, so that no call is lost between two links.
    pub(crate) fn retire(&self) {
        let mut farewell = self.farewell();
        if *farewell == Farewell::No {
            *farewell = Farewell::Retired;
        }
    }

    /// Whether a goodbye is due now.
    pub(crate) fn goodbye_due(&self) -> bool {
        let mut farewell = self.farewell();
        let due = *farewell == Farewell::Retired && self.pending.seal_if_empty();
        if due {
            *farewell = Farewell::Said;
        }
        due
    }

    /// Makes a link that was retired as good as before, since the one that has replaced it is gone.
    pub(crate) fn reinstate(&self) -> Reinstated {
        let mut farewell = self.farewell();
        match *farewell {
            Farewell::No => Reinstated::NotRetired,
            Farewell::Retired if !self.their_goodbye.load(Ordering::Acquire) => {
                *farewell = Farewell::No;
                Reinstated::Yes
            }
            Farewell::Retired | Farewell::Said => Reinstated::TooLate,
        }
    }

    /// Whether this side has said goodbye.
    pub(crate) fn has_said_goodbye(&self) -> bool {
        *self.farewell() == Farewell::Said
    }

    fn farewell(&self) -> MutexGuard<'_, Farewell> {
        self.farewell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the other side makes no more calls here.
    pub(crate) fn said_goodbye(&self) {
        self.their_goodbye.store(true, Ordering::Release);
    }

    /// Whether both sides have finished with the link.
    pub(crate) fn is_finished(&self) -> bool {
        self.has_said_goodbye()
            && self.their_goodbye.load(Ordering::Acquire)
            && self.serving.load(Ordering::Acquire) == 0
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Ends the link now: every call on it ends as unknown.
    pub(crate) fn close(&self) {
        self.open.store(false, Ordering::Release);
        self.closed.cancel();
        self.outbox.close();
        self.pending.close();
        self.served.close();
    }
}

fn match_module(ours: &dyn AnyEntry, theirs: &Tables) -> Vec<Match> {
    let found = theirs.modules.iter().enumerate().find(|(_, module)| module.name == ours.name());
    let one = |name: &str, shape: u64| {
        let Some((module_at, module)) = found else { return Match::NoModule };
        let Some(at) = module.methods.iter().position(|method| method.name == name) else {
            return Match::NoMethod;
        };
        match (module.methods.get(at), RowNumber::new(module_at, at)) {
            (Some(method), Some(row)) if method.shape == shape => Match::Row(row),
            (Some(method), _) => Match::OtherShape { theirs: method.shape },
            (None, _) => Match::NoMethod,
        }
    };
    ours.signatures().iter().map(|signature| one(&signature.name, signature.shape)).collect()
}

/// The end of a wait, as the body of a reply or as a failure.
pub(crate) fn body_of(completion: Completion) -> Result<Body, Failure> {
    match completion {
        Completion::Reply(body) => Ok(body),
        Completion::Expired => Err(Unknown::Deadline.into()),
        Completion::Lost => Err(Unknown::ConnectionLost.into()),
    }
}
