//! The calls that wait for an answer on one link: a slab, so that an answer finds its caller by an
//! index and not by hashing, with a generation in each id, so that a late answer finds nobody.

#[cfg(test)]
use core::future::Future;
#[cfg(test)]
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::inflow::{Ending, Inflow};
use super::places::{At, Places};
use crate::wire::items::STREAM_WINDOW;
use crate::wire::{Body, Reply};

/// How a wait ends.
#[derive(Debug)]
pub(crate) enum Completion {
    /// The body of the reply frame.
    Reply(Body),
    /// The deadline passed.
    Expired,
    /// The link closed.
    Lost,
}

/// Why a call may not wait here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The link is closed.
    Closed,
    /// As many calls wait as are allowed to.
    Full,
}

pub(crate) struct Pending {
    table: Mutex<Table>,
    limit: usize,
    /// Told when a place is given up that somebody waits for.
    freed: Notify,
}

/// Answers that have come together.
pub(crate) struct Answers<'a> {
    pending: &'a Pending,
    table: Option<MutexGuard<'a, Table>>,
    wakers: &'a mut Vec<Waker>,
    /// How many have been taken under this lock.
    taken: usize,
}

/// Held by whoever waits for a place.
struct Wanted<'a>(&'a Pending);

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.lock().wanted -= 1;
    }
}

/// So many are taken under one lock, and then their callers are woken.
const TOGETHER: usize = 64;

struct Table {
    /// The other side checks that each generation is later than the one before in that place, and not by half the
    /// circle, which a count for all places would be for one that is seldom used.
    slots: Places<Slot>,
    /// How many calls have begun to wait.
    begun: u64,
    late: Late,
    /// How many wait for a place.
    wanted: usize,
    closed: bool,
}

/// What the other side may still send for calls that were given up, since it has not heard of that.
#[derive(Default)]
struct Late {
    /// Replies and ends of streams.
    ends: u64,
    /// Bytes of streams' items.
    bytes: u64,
}

struct Slot {
    /// Which of all calls it is.
    number: u64,
    deadline: Instant,
    progress: Progress,
    /// Whether the other side has answered.
    answered: bool,
    /// Of a call that opens a stream: where what comes of it goes.
    flow: Option<Arc<Inflow>>,
}

enum Progress {
    Waiting(Option<Waker>),
    Done(Completion),
    /// The caller has been told.
    Taken,
}

impl Pending {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            table: Mutex::new(Table {
                slots: Places::new(),
                begun: 0,
                late: Late::default(),
                wanted: 0,
                closed: false,
            }),
            limit,
            freed: Notify::new(),
        }
    }

    /// Reserves a place and gives its id, under which the answer comes. Whoever has it gives it up: [`poll`](Self::poll)
    /// does so with an answer that nothing follows, otherwise [`leave`](Self::leave) has to. With a waker there is no
    /// need to poll before it is woken. `true`: no other call waits.
    pub(super) fn reserve(
        &self,
        deadline: Instant,
        flow: Option<Arc<Inflow>>,
        waker: Option<&Waker>,
    ) -> Result<(u64, bool), Rejected> {
        let mut table = self.lock();
        if table.closed {
            return Err(Rejected::Closed);
        }
        if table.slots.len() >= self.limit {
            return Err(Rejected::Full);
        }
        table.begun += 1;
        let (number, progress) = (table.begun, Progress::Waiting(waker.cloned()));
        let at = table.slots.put(Slot { number, deadline, progress, answered: false, flow });
        // The limit is far below what can be numbered.
        let at = at.ok_or(Rejected::Full)?;
        Ok((id_of(at), table.slots.len() == 1))
    }

    /// How a wait has ended, if it has; else the task is woken when it does. Sets `left` when its place has been given
    /// up.
    pub(super) fn poll(&self, id: u64, cx: &Context<'_>, left: &mut bool) -> Poll<Completion> {
        let mut table = self.lock();
        let Some(slot) = table.slot(id) else { return Poll::Ready(Completion::Lost) };
        match &mut slot.progress {
            Progress::Waiting(waker) => {
                match waker {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => *waker = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
            done => match core::mem::replace(done, Progress::Taken) {
                // What has expired has to be cancelled, and what opens a stream goes on.
                Progress::Done(reply @ Completion::Reply(_)) if slot.flow.is_none() => {
                    table.slots.clear(at_of(id));
                    self.tell_of_a_place(table);
                    *left = true;
                    Poll::Ready(reply)
                }
                Progress::Done(completion) => Poll::Ready(completion),
                Progress::Waiting(_) | Progress::Taken => Poll::Pending,
            },
        }
    }

    /// Gives a place up. `true`: the other side has something to stop now.
    pub(super) fn leave(&self, id: u64) -> bool {
        let mut table = self.lock();
        // Dropped when the lock is free again: what it holds may be somebody's last.
        let Some(slot) = table.slots.take(at_of(id)) else { return false };
        table.late.note(&slot);
        self.tell_of_a_place(table);
        slot.is_live()
    }

    /// Hands an answer to its caller. An answer that nobody waits for is dropped. `false`: nobody ever has, or it is
    /// not the first.
    pub(crate) fn complete(&self, id: u64, body: Body) -> bool {
        let mut wakers = Vec::new();
        self.answers(&mut wakers).complete(id, body)
    }

    /// The same for many of them at once. `wakers` is room that is used again.
    pub(crate) fn answers<'a>(&'a self, wakers: &'a mut Vec<Waker>) -> Answers<'a> {
        Answers { pending: self, table: None, wakers, taken: 0 }
    }

    fn tell_of_a_place(&self, table: MutexGuard<'_, Table>) {
        let wanted = table.wanted > 0;
        drop(table);
        if wanted {
            self.freed.notify_one();
        }
    }

    /// Whether the end of a stream that is not here any more may come now.
    pub(crate) fn takes_late_end(&self) -> bool {
        self.lock().late.takes_end()
    }

    /// Whether so many bytes of a stream that is not here any more may come now.
    pub(crate) fn takes_late_items(&self, bytes: usize) -> bool {
        self.lock().late.takes_items(bytes)
    }

    /// The stream that a call has opened, or is about to.
    pub(crate) fn flow(&self, id: u64) -> Option<Arc<Inflow>> {
        self.lock().slot(id)?.flow.clone()
    }

    /// Whether the other side has something to stop if the caller gives the call up.
    pub(super) fn is_live(&self, id: u64) -> bool {
        self.lock().slot(id).is_some_and(|slot| slot.is_live())
    }

    /// Waits until there may be a place for one more.
    pub(crate) async fn freed(&self) {
        loop {
            let freed = self.freed.notified();
            let _wanted = {
                let mut table = self.lock();
                if table.takes_more(self.limit) {
                    return;
                }
                table.wanted += 1;
                Wanted(self)
            };
            freed.await;
        }
    }

    /// Ends every wait whose deadline is not after `now`.
    pub(crate) fn sweep(&self, now: Instant) {
        let wakers: Vec<Waker> = {
            let mut table = self.lock();
            let due = table.slots.iter_mut().filter(|slot| slot.deadline <= now);
            due.filter_map(|slot| slot.finish(Completion::Expired)).collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Ends every wait, and lets nobody in again.
    pub(crate) fn close(&self) {
        let (wakers, flows): (Vec<Waker>, Vec<Arc<Inflow>>) = {
            let mut table = self.lock();
            table.closed = true;
            let wakers = table.slots.iter_mut().filter_map(|slot| slot.finish(Completion::Lost));
            let wakers = wakers.collect();
            (wakers, table.slots.iter().filter_map(|slot| slot.flow.clone()).collect())
        };
        for flow in flows {
            flow.end(Ending::Lost);
        }
        wakers.into_iter().for_each(Waker::wake);
        self.freed.notify_waiters();
    }

    /// Lets nobody in again if nobody waits. `false`: somebody does, and nothing has changed.
    pub(crate) fn seal_if_empty(&self) -> bool {
        let mut table = self.lock();
        let empty = table.slots.is_empty();
        table.closed |= empty;
        empty
    }

    /// Lets nobody in again if nobody waits for an answer. Streams that are open do not count: they have had theirs.
    pub(crate) fn seal_if_answered(&self) -> bool {
        let mut table = self.lock();
        let answered = table.slots.iter().all(|slot| matches!(slot.progress, Progress::Taken));
        table.closed |= answered;
        answered
    }

    /// A mark between the calls that have begun to wait and those that will.
    pub(crate) fn mark(&self) -> u64 {
        self.lock().begun
    }

    /// Whether a call still waits that had begun to when the mark was made.
    pub(crate) fn waits_from_before(&self, mark: u64) -> bool {
        let waits = |slot: &Slot| matches!(slot.progress, Progress::Waiting(_)) && slot.number <= mark;
        self.lock().slots.iter().any(waits)
    }

    /// How many calls wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().slots.len()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing under the lock can panic half-way, so a poisoned table is as good as any.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers<'_> {
    /// Hands an answer to its caller, who is woken soon. An answer that nobody waits for is dropped. `false`: nobody
    /// ever has, or it is not the first.
    pub(crate) fn complete(&mut self, id: u64, body: Body) -> bool {
        if self.taken >= TOGETHER {
            self.wake();
        }
        self.taken += 1;
        let table = self.table.get_or_insert_with(|| self.pending.lock());
        let Some(slot) = table.slot(id) else { return table.late.takes_end() };
        if core::mem::replace(&mut slot.answered, true) {
            return false;
        }
        self.wakers.extend(slot.finish(Completion::Reply(body)));
        true
    }

    /// Wakes whoever has an answer. To be done before anything else is done with the calls.
    pub(crate) fn wake(&mut self) {
        // Nobody is woken to wait for the lock.
        (self.table, self.taken) = (None, 0);
        self.wakers.drain(..).for_each(Waker::wake);
    }
}

impl Drop for Answers<'_> {
    fn drop(&mut self) {
        self.wake();
    }
}

impl Table {
    /// Whether whoever comes need not wait, if only to hear that it is closed.
    fn takes_more(&self, limit: usize) -> bool {
        self.closed || self.slots.len() < limit
    }

    fn slot(&mut self, id: u64) -> Option<&mut Slot> {
        self.slots.get_mut(at_of(id))
    }
}

impl Late {
    /// Notes that a call is given up.
    fn note(&mut self, slot: &Slot) {
        let streams = slot.flow.as_ref().is_some_and(|flow| !flow.is_ended_over_there());
        self.ends += u64::from(!slot.answered) + u64::from(streams);
        self.bytes += if streams { u64::from(STREAM_WINDOW) } else { 0 };
    }

    fn takes_end(&mut self) -> bool {
        self.ends.checked_sub(1).map(|left| self.ends = left).is_some()
    }

    fn takes_items(&mut self, bytes: usize) -> bool {
        self.bytes.checked_sub(bytes as u64).map(|left| self.bytes = left).is_some()
    }
}

impl Slot {
    /// Whether the other side has something to stop if the caller gives the call up.
    fn is_live(&self) -> bool {
        !self.answered || self.flow.as_ref().is_some_and(|flow| !flow.is_ended_over_there())
    }

    /// The first completion wins.
    fn finish(&mut self, completion: Completion) -> Option<Waker> {
        match &mut self.progress {
            Progress::Done(_) | Progress::Taken => None,
            Progress::Waiting(waker) => {
                let waker = waker.take();
                if let Some(flow) = self.flow.as_ref().filter(|_| completion.refuses()) {
                    flow.end(Ending::Lost);
                }
                self.progress = Progress::Done(completion);
                waker
            }
        }
    }
}

impl Completion {
    /// Whether the other side has said that what was to be a stream is none.
    fn refuses(&self) -> bool {
        matches!(self, Self::Reply(body) if !matches!(Reply::read(body), Ok(Reply::Value(_))))
    }
}

/// The generation and the place that an id is made of.
fn at_of(id: u64) -> At {
    At { generation: (id >> 32) as u32, index: (id & 0xffff_ffff) as u32 }
}

fn id_of(at: At) -> u64 {
    u64::from(at.generation) << 32 | u64::from(at.index)
}

/// The same, of ids of the other side.
pub(super) fn split(id: u64) -> (u32, usize) {
    let At { generation, index } = at_of(id);
    (generation, index as usize)
}

/// One call's place among the waiting, by itself.
#[cfg(test)]
pub(crate) struct Waiting<'a> {
    pending: &'a Pending,
    id: u64,
    left: bool,
}

#[cfg(test)]
impl Pending {
    /// Reserves a place. Dropping what comes back gives the place up.
    pub(crate) fn wait(&self, deadline: Instant, flow: Option<Arc<Inflow>>) -> Result<Waiting<'_>, Rejected> {
        Ok(Waiting { pending: self, id: self.reserve(deadline, flow, None)?.0, left: false })
    }
}

#[cfg(test)]
impl Waiting<'_> {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

#[cfg(test)]
impl Future for Waiting<'_> {
    type Output = Completion;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Completion> {
        let Self { pending, id, left } = &mut *self;
        pending.poll(*id, cx, left)
    }
}

#[cfg(test)]
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.left {
            self.pending.leave(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use futures::FutureExt as _;

    use super::*;

    fn body(bytes: &[u8]) -> Body {
        Body::short(bytes).unwrap()
    }

    fn table(limit: usize) -> Pending {
        Pending::new(limit)
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    fn reply(waiting: &mut Waiting<'_>) -> Option<Vec<u8>> {
        match waiting.now_or_never() {
            Some(Completion::Reply(body)) => Some(body.to_vec()),
            _ => None,
        }
    }

    #[tokio::test]
    async fn m28_each_caller_gets_its_own_answer_in_any_order() {
        let pending = table(8);
        let mut first = pending.wait(later(), None).unwrap();
        let mut second = pending.wait(later(), None).unwrap();
        pending.complete(second.id(), body(b"two"));
        assert_eq!(reply(&mut first), None);
        pending.complete(first.id(), body(b"one"));
        assert_eq!(reply(&mut first).unwrap(), b"one");
        assert_eq!(reply(&mut second).unwrap(), b"two");
    }

    #[tokio::test]
    async fn m50_a_late_reply_is_discarded_even_when_its_place_is_taken_again() {
        let pending = table(8);
        let gone = pending.wait(later(), None).unwrap();
        let late = gone.id();
        drop(gone);
        let mut next = pending.wait(later(), None).unwrap();
        assert_eq!(split(late).1, split(next.id()).1, "the place is reused, so that the generation decides");
        pending.complete(late, body(b"late"));
        assert_eq!(reply(&mut next), None);
    }

    #[tokio::test]
    async fn m51_of_two_replies_the_first_wins() {
        let pending = table(8);
        let mut waiting = pending.wait(later(), None).unwrap();
        pending.complete(waiting.id(), body(b"first"));
        pending.complete(waiting.id(), body(b"second"));
        assert_eq!(reply(&mut waiting).unwrap(), b"first");
    }

    #[tokio::test]
    async fn more_may_wait_than_there_are_places() {
        let table = table(1);
        let held = table.wait(later(), None).unwrap();
        let (mut one, mut other) = (Box::pin(table.freed()), Box::pin(table.freed()));
        assert!(futures::poll!(&mut one).is_pending() && futures::poll!(&mut other).is_pending());
        drop(held);
        assert!(futures::poll!(&mut one).is_ready());
        let held = table.wait(later(), None).unwrap();
        drop(held);
        assert!(futures::poll!(&mut other).is_ready(), "nobody has told it");
        assert_eq!(table.lock().wanted, 0);
    }

    #[tokio::test]
    async fn answers_that_come_together_are_told_in_parts() {
        let table = table(200);
        let calls: Vec<_> = (0..150).map(|_| table.wait(later(), None).unwrap()).collect();
        let (wakers, mut room) = (futures::task::noop_waker(), Vec::new());
        for call in &calls {
            assert!(table.poll(call.id(), &Context::from_waker(&wakers), &mut false).is_pending());
        }
        let mut answers = table.answers(&mut room);
        for (n, call) in calls.iter().enumerate() {
            assert!(answers.complete(call.id(), body(b"x")));
            assert_eq!(answers.taken, n % TOGETHER + 1, "others wait no longer than for so many");
        }
        assert!(!answers.complete(calls[0].id(), body(b"x")), "the second one");
        drop(answers);
        assert!(room.is_empty() && table.table.try_lock().is_ok());
        for mut call in calls {
            assert_eq!(reply(&mut call).unwrap(), b"x");
        }
    }

    #[tokio::test]
    async fn what_may_still_come_is_told_from_what_was_never_asked_for() {
        let table = table(10);
        let flow = || Some(Arc::new(Inflow::new(&crate::wire::Limits::default())));
        let [one, other] = [None, flow()].map(|flow| table.wait(later(), flow).unwrap());
        let answer = || body(b"x");
        assert!(table.complete(one.id(), answer()) && !table.complete(one.id(), answer()), "the second one");
        assert!(!table.complete(99, answer()) && !table.takes_late_items(1) && !table.takes_late_end());
        drop(one);
        assert!(!table.takes_late_end(), "it was answered");
        let id = other.id();
        drop(other);
        assert!(table.complete(id, answer()) && table.takes_late_end() && !table.takes_late_end());
        let window = STREAM_WINDOW as usize;
        assert!(!table.takes_late_items(window + 1) && table.takes_late_items(window));
        assert!(!table.takes_late_items(1));
    }

    /// The answer comes between the deadline and the moment that its caller hears of that.
    #[tokio::test]
    async fn an_answer_to_what_has_expired_is_late_once() {
        let table = table(10);
        let waiting = table.wait(later(), None).unwrap();
        table.sweep(later() + Duration::from_secs(1));
        assert!(table.complete(waiting.id(), body(b"")) && !table.complete(waiting.id(), body(b"")));
        assert!(matches!(waiting.now_or_never(), Some(Completion::Expired)));
        assert!(!table.takes_late_end());
    }

    #[tokio::test]
    async fn m52_a_reply_for_an_unknown_id_is_discarded() {
        let pending = table(8);
        for id in [0, 1, u64::MAX, 7 << 32] {
            pending.complete(id, body(b""));
        }
        assert_eq!(pending.len(), 0);
    }

    #[tokio::test]
    async fn m49_a_sweep_ends_what_is_due_and_nothing_else() {
        let pending = table(8);
        let now = Instant::now();
        let mut due = pending.wait(now + Duration::from_millis(10), None).unwrap();
        let mut not_yet = pending.wait(now + Duration::from_millis(11), None).unwrap();
        pending.sweep(now + Duration::from_millis(10));
        assert!(matches!((&mut due).now_or_never(), Some(Completion::Expired)));
        assert!((&mut not_yet).now_or_never().is_none());
    }

    #[tokio::test]
    async fn closing_ends_every_wait_and_admits_nobody() {
        let pending = table(8);
        let mut waiting = pending.wait(later(), None).unwrap();
        pending.close();
        assert!(matches!((&mut waiting).now_or_never(), Some(Completion::Lost)));
        assert_eq!(pending.wait(later(), None).err(), Some(Rejected::Closed));
    }

    #[tokio::test]
    async fn a_mark_tells_earlier_calls_from_later_ones() {
        let pending = table(8);
        let earlier = [pending.wait(later(), None).unwrap(), pending.wait(later(), None).unwrap()];
        let mark = pending.mark();
        let _after = pending.wait(later(), None).unwrap();
        assert!(pending.waits_from_before(mark));
        pending.complete(earlier[0].id(), body(b""));
        assert!(pending.waits_from_before(mark));
        pending.complete(earlier[1].id(), body(b""));
        assert!(!pending.waits_from_before(mark));
    }

    /// The other side takes a call whose generation is not later, by half a circle at most, for one that comes twice.
    #[tokio::test]
    async fn a_place_that_is_seldom_used_has_the_next_generation_when_it_is() {
        let pending = table(8);
        let (first, second) = (pending.wait(later(), None).unwrap(), pending.wait(later(), None).unwrap());
        let seldom = second.id();
        drop(second);
        drop(first);
        for _ in 0..1000 {
            pending.wait(later(), None).unwrap();
        }
        let places: Vec<_> = (0..2).map(|_| pending.wait(later(), None).unwrap()).collect();
        let again = places.iter().find(|waiting| split(waiting.id()).1 == split(seldom).1).unwrap();
        assert!(split(again.id()).0 - split(seldom).0 <= 1001, "counted for its place");
        let served = crate::call::served::Served::default();
        assert_eq!(served.note(seldom), Ok(()));
        assert_eq!(served.note(again.id()), Ok(()));
        let sum: u32 = pending.lock().slots.uses();
        assert_eq!(u64::from(sum), pending.lock().begun, "no place counts what others do");
    }

    #[tokio::test]
    async fn the_table_is_bounded_and_a_dropped_wait_frees_its_place() {
        let pending = table(2);
        let one = pending.wait(later(), None).unwrap();
        let _two = pending.wait(later(), None).unwrap();
        assert_eq!(pending.wait(later(), None).err(), Some(Rejected::Full));
        drop(one);
        assert!(pending.wait(later(), None).is_ok());
    }
}
